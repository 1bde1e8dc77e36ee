import { describe, expect, test } from "bun:test";
import { Cancellation, VirtualClock } from "../base/index.ts";
import type { NewMessage, ThreadKey } from "../ports/index.ts";
import { MemoryChannel, MemoryThreadStore } from "../stores/memory/index.ts";
import { Announcements } from "./announcements.ts";
import { Live, type LiveEvent } from "./live.ts";
import { WatchedThreadStore, writeTo } from "./testing.ts";

const KEY: ThreadKey = { tenant: "acme", id: "t_1" };
const CREATE = { user: "ada", team: "core", createdMs: 1, visibility: "private" } as const;

function setup() {
  const clock = new VirtualClock(undefined, setImmediate);
  const store = new WatchedThreadStore(new MemoryThreadStore());
  const channel = new MemoryChannel();
  const silent = writeTo(store);
  const announcements = new Announcements(channel, clock);
  const write = announcements.telling(silent);
  const live = new Live({ store, announcements, clock });
  const says = (...ids: string[]): NewMessage[] =>
    ids.map((clientId) => ({ clientId, role: "user", author: "ada", atMs: 1, content: [clientId] }));
  const put = (ids: string[], by = write) => by({ kind: "put", key: KEY, create: CREATE, messages: says(...ids) }, 1);
  const draft = (from: number, words: string, by = write) =>
    by({ kind: "draft", key: KEY, draft: "d/e/1", from, text: words, atMs: clock.now() }, 3);
  return { clock, store, channel, silent, write, live, put, draft };
}

const brief = (event: LiveEvent | undefined): string => {
  if (event?.kind === "message") return `${event.id} ${"content" in event.message ? event.message.content : "corrupt"}`;
  if (event?.kind === "draft") return `${event.from}:${event.text}`;
  return event?.kind === "thread" ? `${event.id} thread` : String(event?.kind);
};

function follow(live: Live, after?: string, mayRead: () => boolean = () => true) {
  const signal = new Cancellation();
  const events = live.subscribe(KEY, after, mayRead, signal);
  const next = async (count: number) => {
    const taken: string[] = [];
    while (taken.length < count) {
      const { value, done } = await events.next();
      if (done) break;
      taken.push(brief(value));
    }
    return taken;
  };
  return { next, signal };
}

describe("a live view", () => {
  test("gets what there is, then what comes: messages, changes, drafts", async () => {
    const { live, put, draft, write } = setup();
    await put(["a", "b"]);
    const { next, signal } = follow(live);
    expect(await next(3)).toEqual(["0-1 a", "0-2 b", "1-2 thread"]);
    await put(["c"]);
    expect(await next(2)).toEqual(["1-3 c", "2-3 thread"]);
    await draft(0, "one");
    expect(await next(1)).toEqual(["0:one"]);
    await draft(3, " two");
    expect(await next(1)).toEqual(["3: two"]);
    await write({ kind: "put", key: KEY, change: { title: "x" } }, 1);
    expect(await next(1)).toEqual(["3-3 thread"]);
    const rest = next(1);
    signal.abort();
    expect(await rest).toEqual([]);
  });

  test("goes on after the last event it saw, whatever happened meanwhile", async () => {
    const { live, put } = setup();
    await put(["a", "b"]);
    await put(["c"]);
    for (const [after, expected] of [
      ["1-2", ["1-3 c", "2-3 thread"]],
      ["0-1", ["0-2 b", "0-3 c", "2-3 thread"]],
      ["9-9", ["0-1 a", "0-2 b", "0-3 c", "2-3 thread"]],
      ["junk", ["0-1 a", "0-2 b", "0-3 c", "2-3 thread"]],
    ] as const) {
      const { next, signal } = follow(live, after);
      expect(await next(expected.length)).toEqual([...expected]);
      signal.abort();
    }
  });

  test("misses nothing that was never announced: the store is read now and then", async () => {
    const { live, put, silent, clock, channel } = setup();
    await put(["a"]);
    const { next, signal } = follow(live);
    expect(await next(2)).toEqual(["0-1 a", "1-1 thread"]);
    await put(["b"], silent);
    const waits = next(2);
    await clock.advance(15_000);
    expect(await waits).toEqual(["1-2 b", "2-2 thread"]);
    await channel.close();
    await put(["c"]);
    const later = next(2);
    await clock.advance(15_000);
    expect(await later).toEqual(["2-3 c", "3-3 thread"]);
    signal.abort();
    expect(await next(1)).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });

  test("ends when the thread is deleted, or is not the reader's any more", async () => {
    const { live, put, write } = setup();
    await put(["a"]);
    let mayRead = true;
    const [shown, deleted] = [follow(live, undefined, () => mayRead), follow(live)];
    await shown.next(2);
    await deleted.next(2);
    mayRead = false;
    await put(["b"]);
    expect(await shown.next(2)).toEqual(["gone"]);
    await deleted.next(2);
    await write({ kind: "delete", key: KEY, atMs: 2 }, 1);
    expect(await deleted.next(2)).toEqual(["gone"]);
  });
});
