// How loaded this server is, for those who spread calls over several: shares of what it has, each from 0 to 1.

import { totalmem } from "node:os";
import type { Clock } from "../base/index.ts";

export interface Load {
  /** Open calls. */
  readonly connections: number;
  readonly connectionsMax: number;
  /** Of the one core that it runs on, since it was last asked. */
  readonly cpu: number;
  /** Resident, of what the machine or the container has. */
  readonly memory: number;
}

export interface LoadOptions {
  readonly clock: Clock;
  readonly openCalls: () => number;
  readonly callsMax: number;
}

/** Two questions closer together than this get the same answer of the processor. */
const WINDOW_MS = 500;

export function loadReport({ clock, openCalls, callsMax }: LoadOptions): () => Load {
  let at = clock.monotonic();
  let used = process.cpuUsage();
  let cpu = 0;
  return () => {
    const elapsedMs = clock.monotonic() - at;
    if (elapsedMs >= WINDOW_MS) {
      const { user, system } = process.cpuUsage(used);
      cpu = Math.min(1, (user + system) / 1000 / elapsedMs);
      used = process.cpuUsage();
      at += elapsedMs;
    }
    const memory = Math.min(1, process.memoryUsage.rss() / memoryBytes());
    return { connections: openCalls(), connectionsMax: callsMax, cpu: rounded(cpu), memory: rounded(memory) };
  };
}

/** Where nothing constrains the process, the runtime says 0 or more than there is. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000;
