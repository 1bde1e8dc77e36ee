// Several gateways over a few model servers, on virtual time and drawn from a seed: a wild time with faults, floods and callers
// of every kind, then a while to recover, then a calm in which every call must be answered. What must hold is checked all along.

import { seededRandom, VirtualClock } from "../../src/base/index.ts";
import { Callers, PATIENCE_MS_MAX } from "./callers.ts";
import { wholeBetween } from "./chance.ts";
import { drawFaults, type Fault } from "./fault-schedule.ts";
import { GatewayNode, TOKENS_MAX } from "./gateway-node.ts";
import { Journal } from "./journal.ts";
import { ModelServer, MS_PER_TOKEN } from "./model-server.ts";

const WILD_MS = 15_000;
/** Ejections and pauses between attempts to connect grow; this is longer than the longest. */
const RECOVERY_MS = 10_000;
const CALM_MS = 4000;
const LOOK_MS = 50;
const UNCHECKED_MS_MAX = 300;
/** What was being made when all was drained comes by then. */
const LAST_MS = 100;
const START_MS = 1_700_000_000_000;

export interface FlowRun {
  /** Of all that happened, in order. */
  readonly digest: string;
  readonly counts: ReadonlyMap<string, number>;
}

/** Plays one world. Rejects at the first thing that must not be, with the seed and what led to it. */
export async function playFlow(seed: number): Promise<FlowRun> {
  const clock = new VirtualClock(START_MS, setImmediate);
  const journal = new Journal(seed, clock);
  const random = seededRandom(seed);
  const connectionsMax = wholeBetween(random, 3, 8);
  const names = ["a", "b", "c", "d"].slice(0, wholeBetween(random, 2, 4));
  const servers = names.map((name, index) => {
    const settings = {
      name,
      seats: wholeBetween(random, 3, 6),
      connectionsMax,
      uncheckedMsMax: UNCHECKED_MS_MAX,
      clock,
      journal,
    };
    return new ModelServer({ ...settings, random: seededRandom(1000 * seed + index) });
  });
  const gateways = Array.from({ length: wholeBetween(random, 1, 3) }, (_, index) => {
    const settings = {
      servers,
      connectionsMax,
      uncheckedMsMax: UNCHECKED_MS_MAX,
      clock,
      journal,
      seatsMax: wholeBetween(random, 4, 12),
    };
    return new GatewayNode({ ...settings, name: `gateway ${index}`, seed: 1000 * seed + 100 * (index + 1) });
  });
  const seats = servers.reduce((sum, server) => sum + server.seats, 0);
  const times = { wildUntilMs: WILD_MS, calmFromMs: WILD_MS + RECOVERY_MS, untilMs: WILD_MS + RECOVERY_MS + CALM_MS };
  const capacity = seats / ((TOKENS_MAX / 2) * MS_PER_TOKEN + 40);
  const callers = new Callers({ gateways, clock, journal, random: seededRandom(1000 * seed + 50), capacity, ...times });
  let listed = new Set(names);
  const turn = ({ server: index, trouble }: Fault, isBeginning: boolean) => {
    const server = servers[index] as ModelServer;
    journal.note(isBeginning ? "trouble" : "no trouble", `${server.name} ${trouble}`);
    if (trouble !== "is taken out") {
      if (isBeginning) server.begin(trouble);
      else server.end(trouble);
      return;
    }
    listed = new Set(names.filter((name) => (name === server.name ? !isBeginning : listed.has(name))));
    for (const gateway of gateways) gateway.list(listed);
  };
  for (const fault of drawFaults(seededRandom(1000 * seed + 60), servers.length, WILD_MS)) {
    clock.schedule(fault.fromMs, () => turn(fault, true));
    clock.schedule(fault.toMs, () => turn(fault, false));
  }
  callers.begin();
  const endMs = times.untilMs + PATIENCE_MS_MAX;
  while (clock.monotonic() < endMs) {
    await clock.advance(LOOK_MS);
    if (clock.monotonic() % 1000 === 0) for (const gateway of gateways) gateway.probe();
    journal.check();
    callers.checkAtRest();
    for (const gateway of gateways) gateway.checkAtRest();
    for (const server of servers) server.checkConnections();
    if (clock.monotonic() >= times.calmFromMs) for (const gateway of gateways) gateway.checkInCalm();
  }
  callers.checkAtEnd();
  for (const gateway of gateways) await gateway.checkAtEnd();
  await clock.advance(LAST_MS);
  for (const { name, underWay, connections } of servers) {
    journal.must(underWay + connections === 0, () => `${name} ends with ${underWay} calls and ${connections} connections`);
  }
  journal.check();
  journal.must(clock.pendingCount === 0, () => `${clock.pendingCount} timers are left`);
  return { digest: journal.digest(), counts: journal.counts };
}
