// One workspace for all assistants that ask on a socket, and one watcher with it. It ends some time after the last of them left. The socket is
// put into its place whole: two hosts that begin at once both serve those they have, and whoever comes next finds the later one.

import { chmodSync, lstatSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Cancel, Clock } from "../../base/index.ts";
import type { Workspace } from "../../workspace/index.ts";
import { serveTools } from "./serve-tools.ts";
import type { Tool } from "./tools.ts";

export interface ToolHostOptions {
  readonly workspace: Workspace;
  readonly tools: readonly Tool[];
  readonly version: string;
  readonly clock: Clock;
  readonly socket: string;
  /** Without an assistant. The first one has some seconds in any case. */
  readonly idleMsMax: number;
  readonly ended: Promise<unknown>;
  /** It can be connected to. */
  readonly ready: () => void;
}

/** More are refused: they go on alone. */
const ASSISTANTS_MAX = 64;
const FIRST_MS = 10_000;

/** Resolves when it has ended. Rejects when the socket cannot be made. */
export async function hostTools(options: ToolHostOptions): Promise<void> {
  const { clock, socket, idleMsMax } = options;
  const connected = new Set<Socket>();
  const idle = Promise.withResolvers<void>();
  let cancelIdle: Cancel = clock.schedule(Math.max(idleMsMax, FIRST_MS), () => idle.resolve());
  const server = createServer((connection) => {
    if (connected.size >= ASSISTANTS_MAX) {
      connection.destroy();
      return;
    }
    cancelIdle();
    connected.add(connection);
    connection.on("error", () => connection.destroy());
    const served = serveTools(options.workspace, options.tools, { ...options, input: connection, output: connection });
    void served
      .catch(() => {})
      .finally(() => {
        connection.destroy();
        connected.delete(connection);
        if (connected.size === 0) cancelIdle = clock.schedule(idleMsMax, () => idle.resolve());
      });
  });
  await listenAt(server, socket);
  const own = lstatSync(socket).ino;
  options.ready();
  await Promise.race([idle.promise, options.ended]);
  cancelIdle();
  if (lstatSync(socket, { throwIfNoEntry: false })?.ino === own) rmSync(socket, { force: true });
  server.close();
  for (const connection of connected) connection.destroy();
}

async function listenAt(server: Server, socket: string): Promise<void> {
  const aside = `${socket.slice(0, -".socket".length)}.${process.pid}`;
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(aside, listening.resolve);
  await listening.promise;
  chmodSync(aside, 0o600);
  renameSync(aside, socket);
}
