// Which servers get requests as they say that they drain, come back, are lost, loaded or taken off the list. All on a virtual
// clock; the servers are functions.

import { expect, test } from "bun:test";
import { seededRandom, VirtualClock } from "../base/index.ts";
import { fetchTransport } from "../gateway/index.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";

type Answer = () => Response;

const ready =
  (load?: object): Answer =>
  () =>
    Response.json({ ready: true, ...(load ? { load } : {}) });
const draining: Answer = () => Response.json({ ready: false }, { status: 503 });
const gone: Answer = () => {
  throw new Error("refused");
};

function fleetOf(answers: Record<string, Answer>, more: Partial<FleetOptions> = {}) {
  const clock = new VirtualClock(0, setImmediate);
  const asked: string[] = [];
  const fleet = new Fleet({
    ...{ clock, random: seededRandom(1), agent: "front", slowStartMs: 10_000 },
    servers: Object.keys(answers).map((name) => new URL(`http://${name}`)),
    asks: fetchTransport(async ({ url, headers }) => {
      asked.push(`${headers.get("user-agent")} ${url}`);
      return (answers[new URL(url).hostname] ?? gone)();
    }),
    ...more,
  });
  /** How many of so many new sessions each gets, one after the other. */
  const spread = (from: number, count: number): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let index = from; index < from + count; index++) {
      const choice = fleet.choose(`session ${index}`, 1, []);
      choice?.done({ kind: "ok" });
      if (choice) counts[new URL(choice.backend).hostname] = (counts[new URL(choice.backend).hostname] ?? 0) + 1;
    }
    return counts;
  };
  const states = () => Object.fromEntries(fleet.servers.map(({ origin, state }) => [new URL(origin).hostname, state]));
  return { fleet, clock, answers, asked, spread, states };
}

test("servers are asked at once, then every second, give or take a quarter, by one who says how often", async () => {
  const { asked, clock, fleet } = fleetOf({ a: ready() });
  await clock.advance(0);
  expect(asked).toEqual(["front (every 1000 ms) http://a/readyz"]);
  await clock.advance(10_000);
  expect(asked.length).toBeWithin(9, 15);
  fleet.close();
  const before = asked.length;
  await clock.advance(10_000);
  expect(asked.length).toBe(before);
});

test("a server that drains gets nothing new, also when nobody answers there any more; it returns step by step", async () => {
  const { answers, clock, spread, states } = fleetOf({ a: ready(), b: ready() });
  await clock.advance(0);
  expect(Object.keys(spread(0, 40)).sort()).toEqual(["a", "b"]);
  answers.a = draining;
  await clock.advance(1500);
  expect([states().a, spread(100, 40)]).toEqual(["draining", { b: 40 }]);
  answers.a = gone;
  // However long its restart takes.
  await clock.advance(20_000);
  expect([states().a, spread(200, 40)]).toEqual(["unreachable", { b: 40 }]);
  answers.a = ready();
  await clock.advance(1500);
  const first = spread(300, 400).a ?? 0;
  expect(first).toBeWithin(10, 100);
  await clock.advance(10_000);
  const later = spread(1000, 400).a ?? 0;
  expect(later).toBeGreaterThan(150);
});

test("a server that only its questioner cannot reach is ejected after some time, and its requests go on elsewhere", async () => {
  const { answers, clock, spread, states } = fleetOf({ a: ready(), b: ready(), c: ready() });
  await clock.advance(0);
  answers.a = gone;
  await clock.advance(10_000);
  expect(states().a).toBe("unreachable");
  expect(spread(0, 60).a).toBeUndefined();
  // That it answers again is not yet a reason to send it requests.
  answers.a = ready();
  await clock.advance(2000);
  expect([states().a, spread(100, 60).a]).toEqual(["ejected", undefined]);
});

test("a busy server has a second to answer, however often it is asked", async () => {
  const late = fetchTransport(async () => {
    await new Promise<void>((resolve) => void clock.schedule(900, resolve));
    return ready()();
  });
  const { fleet, clock, states, spread } = fleetOf({ a: ready() }, { pollMs: 20, asks: late });
  await clock.advance(20_000);
  expect([states().a, spread(0, 7)]).toEqual(["healthy", { a: 7 }]);
  fleet.close();
});

test("sessions begin where load and region allow; a server that cannot say how loaded it is counts as full", async () => {
  const idle = { connections: 0, connectionsMax: 100, cpu: 0, memory: 0 };
  const full = { connections: 100, connectionsMax: 100, cpu: 1, memory: 0.5 };
  const loaded = fleetOf({ a: ready(idle), b: ready(full) });
  await loaded.clock.advance(0);
  expect(loaded.spread(0, 7)).toEqual({ a: 7 });
  const lying = fleetOf({ a: ready(idle), b: ready({ cpu: "none" }) });
  await lying.clock.advance(0);
  expect(lying.spread(0, 7)).toEqual({ a: 7 });
  const near = fleetOf(
    { a: ready({ ...idle, region: "eu" }), b: ready({ ...idle, cpu: 0.1, region: "us" }) },
    { wish: { region: "eu" } },
  );
  await near.clock.advance(0);
  expect(near.spread(0, 7)).toEqual({ a: 7 });
});

test("a page of another kind is ready without a load; one that is too long, or late, is none", async () => {
  const { clock, states } = fleetOf({
    a: () => new Response("welcome", { status: 404 }),
    b: () => new Response("[1, 2"),
    c: () => new Response("x".repeat(100_000)),
    d: () => new Response(new ReadableStream({ start() {} })),
  });
  await clock.advance(1000);
  expect(states()).toEqual({ a: "healthy", b: "healthy", c: "unreachable", d: "unreachable" });
});

test("a new list keeps what stays, with its sessions; what left gets nothing", async () => {
  const { clock, fleet, spread } = fleetOf({ a: ready(), b: ready(), c: ready() });
  await clock.advance(0);
  const home = new Map(Array.from({ length: 30 }, (_, index) => [index, fleet.choose(`s${index}`, 1, [])?.backend]));
  fleet.setServers(["http://a", "http://b", "http://d"].map((url) => new URL(url)));
  for (const [index, before] of home) {
    if (before !== "http://c") expect(fleet.choose(`s${index}`, 1, [])?.backend).toBe(before as string);
  }
  expect(spread(1000, 200).c).toBeUndefined();
  fleet.setServers([]);
  expect(fleet.choose("s0", 1, [])).toBeUndefined();
});

test("a server that failed this request is not asked again", () => {
  const { fleet } = fleetOf({ a: ready(), b: ready() });
  const first = fleet.choose("s", 1, [])?.backend ?? "";
  const second = fleet.choose("s", 1, [first])?.backend ?? "";
  expect(second).not.toBe(first);
  expect(fleet.choose("s", 1, [first, second])).toBeUndefined();
});

test("options that bound nothing are refused", () => {
  for (const more of [{ pollMs: 0 }, { pollMs: Number.POSITIVE_INFINITY }, { slowStartMs: Number.NaN }]) {
    expect(() => fleetOf({}, more)).toThrow("must be over 0 and finite");
  }
});
