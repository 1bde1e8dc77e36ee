// What a case of the thread store's conformance suite is, what it may ask of the store under test, and the words of the cases.

import type {
  Message,
  NewMessage,
  NewThread,
  Thread,
  ThreadFilter,
  ThreadKey,
  ThreadPlace,
  ThreadStore,
  ThreadWrite,
  ThreadWritten,
} from "../index.ts";
import { equal } from "./verify.ts";

/** What the suite knows of a store under test. One harness serves one case and starts empty. */
export interface ThreadStoreHarness {
  /** Two calls give two stores over the same threads, if the store can. */
  open: () => Promise<ThreadStore>;
  /** Resolves once all that was written before is found by searches. */
  settle: () => Promise<void>;
  /** Whether two stores see the same threads. */
  sharesData: boolean;
  /** Releases everything opened. */
  close: () => Promise<void>;
}

export interface ThreadStoreCase {
  name: string;
  needs?: "sharesData";
  run: (harness: ThreadStoreHarness) => Promise<void>;
}

export type Put = Extract<ThreadWrite, { kind: "put" }>;
export type Written = Extract<ThreadWritten, { kind: "written" }>;

export const TENANT = "acme";
/** The operator's view of the tenant that most cases are about. */
export const EVERYTHING: ThreadFilter = { tenant: TENANT, viewer: undefined };
/** More than any case has. */
export const ALL = 1000;

export const keyOf = (id: string, tenant = TENANT): ThreadKey => ({ tenant, id });

export const message = (clientId: string, said = clientId, more: Partial<NewMessage> = {}): NewMessage => ({
  clientId,
  role: "user",
  author: "ann",
  atMs: 1000,
  content: [{ type: "text", text: said }],
  ...more,
});

export const beginning = (more: Partial<NewThread> = {}): NewThread => ({
  user: "ann",
  team: "core",
  createdMs: 1000,
  visibility: "private",
  ...more,
});

/** Begins the thread where there is none. */
export const put = (id: string, messages: readonly NewMessage[] = [], more: Partial<Put> = {}): Put => ({
  kind: "put",
  key: keyOf(id),
  create: beginning(),
  messages,
  ...more,
});

export const draft = (id: string, name: string, from: number, text: string, atMs = 1000): ThreadWrite => ({
  kind: "draft",
  key: keyOf(id),
  draft: name,
  from,
  text,
  atMs,
});

export const remove = (id: string, tenant = TENANT): ThreadWrite => ({ kind: "delete", key: keyOf(id, tenant), atMs: 9000 });

/** One write alone. */
export async function outcome(store: ThreadStore, write: ThreadWrite): Promise<ThreadWritten> {
  const [written, ...others] = await store.write([write]);
  if (written === undefined || others.length > 0) throw new Error("a write was told nothing, or more than its own");
  return written;
}

/** All in one batch; none may fail. */
export async function keep(store: ThreadStore, ...writes: readonly ThreadWrite[]): Promise<Written[]> {
  const outcomes = await store.write(writes);
  equal(outcomes.length, writes.length, "outcomes of a batch");
  return outcomes.map((each, index) => {
    if (each.kind === "written") return each;
    throw new Error(`write ${index} was not done: ${JSON.stringify(each)}`);
  });
}

export async function threadOf(store: ThreadStore, id: string, tenant = TENANT): Promise<Thread> {
  const found = await store.find(keyOf(id, tenant));
  if (found === undefined) throw new Error(`thread ${id} of ${tenant} is not found`);
  return found.thread;
}

/** All of a thread, page by page. */
export async function messagesOf(store: ThreadStore, key: ThreadKey, limit = ALL): Promise<Message[]> {
  const all: Message[] = [];
  for (let page = await pageFrom(0); page.length > 0; page = await pageFrom(all.length)) all.push(...page);
  return all;

  async function pageFrom(after: number): Promise<Message[]> {
    const { messages } = await store.messages(key, { after, limit });
    return messages.map((each) => {
      if ("corrupt" in each) throw new Error(`message ${each.sequence} of thread ${key.id} is corrupt`);
      return each;
    });
  }
}

/** All of a listing, page by page. */
export async function listed(store: ThreadStore, filter: ThreadFilter = EVERYTHING, limit = ALL): Promise<Thread[]> {
  const all: Thread[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await store.list(filter, { limit, ...(last ? { after: placeOf(last) } : {}) });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

export const placeOf = ({ activeMs, id }: Thread): ThreadPlace => ({ activeMs, id });

export const idsOf = (threads: readonly ThreadKey[]): string[] => threads.map(({ id }) => id);

/** All that a search finds, page by page, as thread and sequence. */
export async function hitsOf(
  store: ThreadStore,
  words: string,
  filter: ThreadFilter = EVERYTHING,
  limit = 100,
): Promise<string[]> {
  const all: string[] = [];
  for (let after: number | undefined; ; ) {
    const { hits, next } = await store.search(filter, words, { limit, ...(after === undefined ? {} : { after }) });
    if (hits.length > limit) throw new Error(`a page of ${limit} holds ${hits.length} hits`);
    all.push(...hits.map(({ thread, sequence }) => `${thread.id}:${sequence}`));
    if (next === undefined) return all;
    if (after !== undefined && next >= after) throw new Error(`the page after ${after} goes on at ${next}`);
    after = next;
  }
}

/** From 0 on. */
export const counted = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
