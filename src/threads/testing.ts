// What the tests of this room share: a watch over a store of conversations, which can be away, and a service over one.

import { type Clock, MillraceError, seededRandom, uuidv7Source, VirtualClock } from "../base/index.ts";
import type { Draft, Message, Thread, ThreadStore, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import type { Caller } from "./caller.ts";
import { redactor } from "./redaction.ts";
import { Threads, type ThreadsOptions } from "./threads.ts";
import type { WriteThread } from "./write-thread.ts";

/** More than any test has. */
const ALL = 100_000;

/** Stands before a store: says what was written to it, and can be away. */
export class WatchedThreadStore implements ThreadStore {
  readonly #store: ThreadStore;
  readonly writes: ThreadWrite[] = [];
  isAway = false;

  constructor(store: ThreadStore) {
    this.#store = store;
  }

  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    const there = this.#there();
    this.writes.push(...writes);
    return there.write(writes);
  }

  find = async (...asked: Parameters<ThreadStore["find"]>) => this.#there().find(...asked);
  messages = async (...asked: Parameters<ThreadStore["messages"]>) => this.#there().messages(...asked);
  list = async (...asked: Parameters<ThreadStore["list"]>) => this.#there().list(...asked);
  search = async (...asked: Parameters<ThreadStore["search"]>) => this.#there().search(...asked);
  changes = async (...asked: Parameters<ThreadStore["changes"]>) => this.#there().changes(...asked);
  totals = async (...asked: Parameters<ThreadStore["totals"]>) => this.#there().totals(...asked);
  close = async () => this.#store.close();

  /** Every thread that is there, of all tenants, in the order in which they began. */
  async everything(): Promise<{ thread: Thread; messages: readonly Message[]; drafts: readonly Draft[] }[]> {
    const changes = await this.#store.changes(0, ALL);
    const keys = new Map(changes.map(({ key }) => [JSON.stringify(key), key]));
    const all = [...keys.values()].map(async (key) => {
      const found = await this.#store.find(key);
      const { messages, drafts } = await this.#store.messages(key, { after: 0, limit: ALL });
      return found ? [{ thread: found.thread, messages: messages as readonly Message[], drafts }] : [];
    });
    return (await Promise.all(all)).flat();
  }

  #there(): ThreadStore {
    if (this.isAway) throw new MillraceError("store_unavailable", "The store is away.");
    return this.#store;
  }
}

/** Each write alone, at once. */
export const writeTo =
  (store: ThreadStore): WriteThread =>
  async (write) => {
    const [written] = await store.write([write]);
    if (!written) throw new MillraceError("store_corrupt", "The store said nothing.");
    return written;
  };

export const ada: Caller = { tenant: "acme", team: "core", user: "ada", scopes: [] };

export function service(
  inner: ThreadStore,
  options: Partial<ThreadsOptions> = {},
  clock: Clock = new VirtualClock(undefined, setImmediate),
) {
  const store = new WatchedThreadStore(inner);
  const random = seededRandom(1);
  const basics = { store, write: writeTo(store), clock, random, ids: uuidv7Source(clock, random), redact: redactor() };
  return { store, clock, threads: new Threads({ ...basics, ...options }) };
}
