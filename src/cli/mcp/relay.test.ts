import { expect, test } from "bun:test";
import { type Duplex, duplexPair, PassThrough } from "node:stream";
import { VirtualClock } from "../../base/index.ts";
import { relay } from "./relay.ts";

interface Side {
  readonly stream: Duplex;
  readonly heard: Record<string, unknown>[];
  say(message: unknown): void;
}

/** An assistant, a relay, and the sides that it found one after the other. */
class World {
  readonly clock = new VirtualClock();
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly told: Record<string, unknown>[] = [];
  readonly sides: Side[] = [];
  readonly #ended = Promise.withResolvers<void>();
  readonly done: Promise<void>;

  constructor(reach?: () => Promise<Duplex>) {
    this.output.on("data", (chunk: Buffer) => this.told.push(...linesOf(chunk)));
    this.done = relay({
      ...{ input: this.input, output: this.output, clock: this.clock, ended: this.#ended.promise },
      reach: reach ?? (async () => this.#side()),
    });
    this.done.catch(() => {});
  }

  ask(message: unknown): void {
    this.input.write(`${JSON.stringify(message)}\n`);
  }

  stop(): void {
    this.#ended.resolve();
  }

  /** All that is under way between streams has arrived. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #side(): Duplex {
    const [ours, theirs] = duplexPair();
    const heard: Record<string, unknown>[] = [];
    theirs.on("data", (chunk: Buffer) => heard.push(...linesOf(chunk)));
    theirs.on("end", () => theirs.end());
    this.sides.push({ stream: ours, heard, say: (message) => void theirs.write(`${JSON.stringify(message)}\n`) });
    return ours;
  }
}

const linesOf = (chunk: Buffer): Record<string, unknown>[] =>
  chunk
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const hello = { id: 0, method: "initialize" };
const ready = { method: "notifications/initialized" };

test("a new side hears how the conversation began and what is owed; the assistant hears nothing twice, and an error for what several were lost over", async () => {
  const world = new World();
  for (const message of [hello, ready]) world.ask(message);
  await world.settle();
  world.sides[0]?.say({ id: 0, result: "hello" });
  world.ask({ id: 1, method: "tools/call" });
  world.ask({ id: 2, method: "tools/call" });
  await world.settle();
  world.sides[0]?.say({ id: 1, result: "one" });
  await world.settle();
  world.sides[0]?.stream.destroy();
  await world.settle();
  world.ask({ id: 3, method: "tools/call" });
  await world.settle();
  const [, second] = world.sides;
  expect(second?.heard).toEqual([hello, ready, { id: 2, method: "tools/call" }, { id: 3, method: "tools/call" }]);
  second?.say({ id: 0, result: "hello again" });
  await world.settle();
  second?.stream.destroy();
  await world.settle();
  const [, , third] = world.sides;
  third?.say({ id: 3, result: "three" });
  await world.settle();
  third?.stream.destroy();
  await world.settle();
  expect(world.sides[3]?.heard).toEqual([hello, ready]);
  await world.settle();
  expect(world.told).toMatchObject([
    { id: 0, result: "hello" },
    { id: 1, result: "one" },
    { id: 3, result: "three" },
    { id: 2, error: { code: -32_000 } },
  ]);
});

test("a side that is lost before it said hello is asked again, once", async () => {
  const world = new World();
  world.ask(hello);
  await world.settle();
  world.sides[0]?.stream.destroy();
  await world.settle();
  expect(world.sides[1]?.heard).toEqual([hello]);
  world.sides[1]?.say({ id: 0, result: "hello" });
  await world.settle();
  expect(world.told).toEqual([{ id: 0, result: "hello" }]);
});

test("what is owed when the assistant leaves is waited for, but not what it cancelled, and not for ever", async () => {
  const world = new World();
  world.ask({ id: 1, method: "tools/call" });
  world.ask({ id: 2, method: "tools/call" });
  world.ask({ method: "notifications/cancelled", params: { requestId: 2 } });
  world.input.end();
  await world.settle();
  world.sides[0]?.say({ id: 1, result: "one" });
  await world.done;
  expect(world.told).toEqual([{ id: 1, result: "one" }]);
  const stuck = new World();
  stuck.ask({ id: 1, method: "tools/call" });
  await stuck.settle();
  stuck.stop();
  await stuck.settle();
  expect(stuck.sides[0]?.stream.destroyed).toBe(false);
  await stuck.clock.advance(10_000);
  await stuck.done;
});

test("sides that end without ever answering are given up, and so is an assistant for whom there is none", async () => {
  const world = new World();
  for (let side = 0; side < 6; side++) {
    await world.settle();
    world.sides[side]?.stream.destroy();
  }
  await expect(world.done).rejects.toMatchObject({ code: "workspace_failed" });
  expect(world.sides).toHaveLength(6);
  await expect(new World(() => Promise.reject(new Error("none"))).done).rejects.toThrow("none");
});
