// A connection to the process that serves this repository to all assistants: to the one that is there, or to one that is started.

import { connect, type Socket } from "node:net";
import type { Clock } from "../../base/index.ts";
import type { HostOrder } from "./host-main.ts";

const HOST_MAIN = new URL("./host-main.ts", import.meta.url).pathname;
const START_MS_MAX = 15_000;

/** Undefined: it cannot be had, for whatever reason; whoever asks goes on alone. */
export async function reachHost(order: HostOrder, clock: Clock): Promise<Socket | undefined> {
  try {
    return (await connected(order.socket)) ?? ((await started(order, clock)) ? await connected(order.socket) : undefined);
  } catch {
    return undefined;
  }
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const failed = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

/** Waits until it listens, and lets it live on. */
async function started(order: HostOrder, clock: Clock): Promise<boolean> {
  const child = Bun.spawn([process.execPath, HOST_MAIN, JSON.stringify(order)], {
    ...{ cwd: "/", stdin: "ignore", stdout: "pipe", stderr: "ignore", detached: true },
  });
  const reader = child.stdout.getReader();
  const cancelLimit = clock.schedule(START_MS_MAX, () => void reader.cancel());
  try {
    const { value } = await reader.read();
    return value !== undefined;
  } finally {
    cancelLimit();
    await reader.cancel();
    child.unref();
  }
}
