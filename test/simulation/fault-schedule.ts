// Which server is in which trouble when, drawn from the seed. All troubles end at `untilMs` at the latest.

import type { Random } from "../../src/base/index.ts";
import { between, happens, oneOf } from "./chance.ts";
import type { Trouble } from "./model-server.ts";

export interface Fault {
  readonly fromMs: number;
  readonly toMs: number;
  readonly server: number;
  /** "is taken out": by whoever runs it, from the list of every gateway. */
  readonly trouble: Trouble | "is taken out";
}

const KINDS = ["pushes back", "fails", "hangs", "is slow", "makes no connections", "is taken out", "dies", "flaps"] as const;

export function drawFaults(random: Random, servers: number, untilMs: number): Fault[] {
  const faults: Fault[] = [];
  const add = (server: number, trouble: Fault["trouble"], fromMs: number, toMs: number) => {
    if (fromMs < untilMs) faults.push({ server, trouble, fromMs, toMs: Math.min(untilMs, toMs) });
  };
  /** It comes back slowly. */
  const addDeath = (server: number, fromMs: number, toMs: number) => {
    add(server, "is dead", fromMs, toMs);
    add(server, "is slow", toMs, toMs + 2000);
  };
  for (let server = 0; server < servers; server++) {
    let fromMs = between(random, 0, 5000);
    while (fromMs < untilMs) {
      const toMs = fromMs + between(random, 500, 4000);
      const kind = oneOf(random, KINDS);
      if (kind === "dies") addDeath(server, fromMs, toMs);
      else if (kind === "flaps") for (let ms = fromMs; ms < toMs; ms += 2000) add(server, "is dead", ms, ms + 1000);
      else add(server, kind, fromMs, toMs);
      fromMs = toMs + between(random, 500, 8000);
    }
  }
  if (happens(random, 0.4)) {
    // Most of them at once.
    const fromMs = between(random, 0, untilMs / 2);
    for (let server = happens(random, 0.5) ? 0 : 1; server < servers; server++) addDeath(server, fromMs, fromMs + 3000);
  }
  return faults;
}
