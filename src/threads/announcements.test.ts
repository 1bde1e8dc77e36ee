import { expect, test } from "bun:test";
import { type Cancellation, MillraceError, VirtualClock } from "../base/index.ts";
import type { Channel, ThreadKey, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import { MemoryChannel } from "../stores/memory/index.ts";
import { Announcements } from "./announcements.ts";

const keyOf = (id: string): ThreadKey => ({ tenant: "acme", id });
const put = (id: string): ThreadWrite => ({ kind: "put", key: keyOf(id) });
const WRITTEN: ThreadWritten = { kind: "written", version: 1, sequences: [], isNew: false };

/** Counts what is published, and can be away. */
class WatchedChannel implements Channel {
  readonly texts: string[] = [];
  isAway = false;
  #channel = new MemoryChannel();

  async publish(name: string, text: string): Promise<void> {
    this.texts.push(text);
    await this.#channel.publish(name, text);
  }

  async subscribe(name: string, signal: Cancellation) {
    if (this.isAway) throw new MillraceError("store_unavailable", "The channel is away.");
    return this.#channel.subscribe(name, signal);
  }

  async breakOff(): Promise<void> {
    await this.#channel.close();
    this.#channel = new MemoryChannel();
  }

  close = (): Promise<void> => this.#channel.close();
}

test("the threads of a commit are one text, and wake their readers on every server", async () => {
  const clock = new VirtualClock(undefined, setImmediate);
  const channel = new WatchedChannel();
  const [here, there] = [new Announcements(channel, clock), new Announcements(channel, clock)];
  const woken: string[] = [];
  const left: (() => void)[] = [];
  for (const id of ["a", "b"]) {
    const { begun, leave } = there.watch(keyOf(id), () => woken.push(id));
    await begun;
    left.push(leave);
  }
  await clock.advance(1);
  woken.length = 0;
  const write = here.telling(() => Promise.resolve(WRITTEN));
  const writeAll = here.tellingAll((writes) => Promise.resolve(writes.map(() => WRITTEN)));
  await Promise.all([write(put("a"), 1), write(put("a"), 1), writeAll([put("b"), put("c")], 1)]);
  await clock.advance(1);
  expect(woken.sort()).toEqual(["a", "b"]);
  expect(channel.texts).toHaveLength(1);
  const refused = here.telling(() => Promise.resolve({ kind: "missing" }));
  await refused(put("a"), 1);
  await clock.advance(1);
  expect(channel.texts).toHaveLength(1);
  for (const leave of left) leave();
  expect(clock.pendingCount).toBe(0);
});

test("readers are woken when the channel is back, since something may have been missed", async () => {
  const clock = new VirtualClock(undefined, setImmediate);
  const channel = new WatchedChannel();
  channel.isAway = true;
  const announcements = new Announcements(channel, clock);
  let wakes = 0;
  const { begun, leave } = announcements.watch(keyOf("a"), () => wakes++);
  await begun;
  expect(wakes).toBe(0);
  channel.isAway = false;
  await clock.advance(1000);
  expect(wakes).toBe(1);
  await channel.breakOff();
  await clock.advance(1000);
  expect(wakes).toBe(2);
  await announcements.telling(() => Promise.resolve(WRITTEN))(put("a"), 1);
  await clock.advance(1);
  expect(wakes).toBe(3);
  leave();
  expect(clock.pendingCount).toBe(0);
});
