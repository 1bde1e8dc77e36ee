// Threads in this process's memory, for tests and small use: every question is a walk over all of them.
// Invariant: a batch is done without a pause, so nobody sees half of it; when full, a batch is refused whole and changes
// nothing, but for deletions, which make room. Searches do not lag.

import { MillraceError } from "../../base/index.ts";
import type {
  Found,
  Json,
  MessagePage,
  NewMessage,
  Thread,
  ThreadChangeEvent,
  ThreadFilter,
  ThreadKey,
  ThreadLookup,
  ThreadPlace,
  ThreadStore,
  ThreadWrite,
  ThreadWritten,
} from "../../ports/index.ts";
import { appended, begun, changed, excerptAround, excerptOf, isSearched, shared, textOf, wordsOf } from "../records/index.ts";
import { type KeptThread, passes } from "./kept-thread.ts";

export interface MemoryThreadStoreOptions {
  /** Messages, pieces of drafts and changes that are held at most. What a thread had goes with it, but for its changes. Default 100,000. */
  entriesMax?: number;
}

type Put = Extract<ThreadWrite, { kind: "put" }>;
type DraftWrite = Extract<ThreadWrite, { kind: "draft" }>;

/** A copy of a write, with the contents of its messages as JSON. */
interface Prepared {
  readonly write: ThreadWrite;
  readonly contents: readonly string[];
}

export class MemoryThreadStore implements ThreadStore {
  readonly #entriesMax: number;
  readonly #threads = new Map<string, KeptThread | "deleted">();
  readonly #changes: ThreadChangeEvent[] = [];
  #entries = 0;
  #places = 0;
  #isClosed = false;

  /** Throws `option_invalid` for a number that bounds nothing. */
  constructor({ entriesMax = 100_000 }: MemoryThreadStoreOptions = {}) {
    if (!Number.isSafeInteger(entriesMax) || entriesMax < 1) {
      throw new MillraceError("option_invalid", "The memory store of threads needs entriesMax: a whole number of 1 or more.");
    }
    this.#entriesMax = entriesMax;
  }

  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    this.#refuseClosed();
    const entries = writes.reduce((sum, write) => sum + entriesOf(write), 0);
    if (entries > 0 && this.#entries + entries > this.#entriesMax) {
      throw unavailable(`The memory store of threads is full (${this.#entriesMax} entries); nothing was written.`);
    }
    return writes.map((write) => {
      const prepared = prepare(write);
      return typeof prepared === "string" ? { kind: "invalid", why: prepared } : this.#apply(prepared);
    });
  }

  async find(lookup: ThreadLookup): Promise<Found | undefined> {
    this.#refuseClosed();
    if ("chains" in lookup) return this.#byChain(lookup.tenant, lookup.chains);
    const kept = this.#live().find(({ thread }) => {
      if ("tokenHash" in lookup) return thread.shares.some(({ tokenHash }) => tokenHash === lookup.tokenHash);
      const isIt = "session" in lookup ? thread.session === lookup.session : thread.id === lookup.id;
      return isIt && thread.tenant === lookup.tenant;
    });
    return kept && { thread: structuredClone(kept.thread) };
  }

  async messages(key: ThreadKey, page: { after: number; limit: number; backwards?: boolean }): Promise<MessagePage> {
    this.#refuseClosed();
    const kept = this.#threads.get(nameOf(key));
    if (kept === undefined || kept === "deleted") return { messages: [], drafts: [] };
    const { after, limit, backwards = false } = page;
    const rest = backwards
      ? kept.messages.slice(0, after === 0 ? undefined : Math.max(0, after - 1)).reverse()
      : kept.messages.slice(Math.max(0, after));
    const isLast = backwards ? after === 0 : rest.length <= limit;
    return {
      messages: rest.slice(0, limit).map(({ message, content }) => structuredClone({ ...message, content: JSON.parse(content) })),
      drafts: isLast ? [...kept.drafts.values()].map(({ id, text, startedMs }) => ({ id, text, startedMs })) : [],
    };
  }

  async list(filter: ThreadFilter, { after, limit }: { after?: ThreadPlace; limit: number }): Promise<readonly Thread[]> {
    this.#refuseClosed();
    const threads = this.#passing(filter).map(({ thread }) => thread);
    const listed = threads.filter((thread) => !after || newerFirst(after, thread) < 0).sort(newerFirst);
    return structuredClone(listed.slice(0, limit));
  }

  async search(filter: ThreadFilter, words: string, page: { after?: number; limit: number }): ReturnType<ThreadStore["search"]> {
    this.#refuseClosed();
    const { after = Number.POSITIVE_INFINITY, limit } = page;
    const asked = wordsOf(words);
    if (asked.size === 0) return { hits: [] };
    const found = this.#passing(filter).flatMap(({ thread, messages }) =>
      messages.flatMap(({ message, content, place }) => {
        const text = place < after && isSearched(message) ? textOf(JSON.parse(content) as readonly Json[]) : "";
        return asked.isSubsetOf(wordsOf(text)) ? [{ thread, sequence: message.sequence, place, text }] : [];
      }),
    );
    const shown = found.sort((one, other) => other.place - one.place).slice(0, limit);
    const hits = shown.map(({ thread, sequence, text }) => ({ thread, sequence, excerpt: excerptAround(text, asked) }));
    const last = shown.at(-1);
    return { hits: structuredClone(hits), ...(found.length > limit && last ? { next: last.place } : {}) };
  }

  async changes(after: number, limit: number): Promise<readonly ThreadChangeEvent[]> {
    this.#refuseClosed();
    return structuredClone(this.#changes.slice(after, after + limit));
  }

  async totals(filter: ThreadFilter): ReturnType<ThreadStore["totals"]> {
    this.#refuseClosed();
    const totals = { threads: 0, messages: 0, input: 0, cached: 0, output: 0, cost: 0 };
    for (const { thread } of this.#passing(filter)) {
      totals.threads++;
      totals.messages += thread.messages;
      for (const name of ["input", "cached", "output", "cost"] as const) totals[name] += thread.usage[name];
    }
    return totals;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#threads.clear();
    this.#changes.length = 0;
  }

  #apply({ write, contents }: Prepared): ThreadWritten {
    const kept = this.#threads.get(nameOf(write.key));
    if (kept === "deleted") return { kind: "missing" };
    if (write.kind === "put") return this.#put(write, contents, kept);
    if (kept === undefined) return { kind: "missing" };
    if (write.kind === "draft") return this.#draft(write, kept);
    if (write.kind === "delete") return this.#delete(write.key, kept);
    const thread = shared(kept.thread, write.share);
    if (thread !== kept.thread) this.#tell(kept, thread, "share");
    return written(kept.thread);
  }

  #put(
    { key, ifVersion, create, change = {}, messages = [], ends = [] }: Put,
    contents: readonly string[],
    found?: KeptThread,
  ): ThreadWritten {
    const version = found?.thread.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== version) return { kind: "conflict", version };
    if (!found && !create) return { kind: "missing" };
    const owner = found ? undefined : this.#ownerOf(key.tenant, create?.session);
    if (owner !== undefined) return { kind: "taken", thread: owner };
    const kept: KeptThread = found ?? {
      thread: begun(key, create as NonNullable<typeof create>),
      messages: [],
      drafts: new Map(),
    };
    this.#threads.set(nameOf(key), kept);
    let thread = changed(kept.thread, change);
    const sequences = messages.map((message, index) => {
      const same = kept.messages.find((each) => each.message.clientId === message.clientId);
      if (same) return same.message.sequence;
      const content = contents[index] ?? "[]";
      thread = appended(thread, message, excerptOf(JSON.parse(content) as readonly Json[]));
      const { content: _, ...rest } = message;
      kept.messages.push({ message: { ...rest, sequence: thread.messages }, content, place: ++this.#places });
      this.#entries++;
      return thread.messages;
    });
    for (const draft of ends) this.#endDraft(kept, draft);
    if (thread !== kept.thread || !found) this.#tell(kept, thread, "put");
    return { ...written(kept.thread), sequences, isNew: !found };
  }

  #draft({ draft: id, from, text, atMs }: DraftWrite, { thread, drafts }: KeptThread): ThreadWritten {
    const before = drafts.get(id);
    const length = before?.text.length ?? 0;
    if (from > length) return { kind: "invalid", why: `the draft has ${length} units of text, and this comes after ${from}` };
    const rest = text.slice(length - from);
    if (before === undefined || rest !== "") {
      const { text: start, startedMs, pieces } = before ?? { text: "", startedMs: atMs, pieces: 0 };
      drafts.set(id, { id, text: start + rest, startedMs, addedMs: atMs, pieces: pieces + 1 });
      this.#entries++;
    }
    return written(thread);
  }

  #endDraft({ drafts }: KeptThread, id: string): void {
    this.#entries -= drafts.get(id)?.pieces ?? 0;
    drafts.delete(id);
  }

  #delete(key: ThreadKey, kept: KeptThread): ThreadWritten {
    for (const draft of kept.drafts.keys()) this.#endDraft(kept, draft);
    this.#entries -= kept.messages.length;
    this.#threads.set(nameOf(key), "deleted");
    this.#tell(kept, kept.thread, "delete");
    return written(kept.thread);
  }

  /** Counts the write. */
  #tell(kept: KeptThread, thread: Thread, kind: ThreadChangeEvent["kind"]): void {
    const from = kept.thread.messages + 1;
    const { tenant, id, messages: to } = thread;
    const version = thread.version + 1;
    kept.thread = { ...thread, version };
    this.#changes.push({ position: this.#changes.length + 1, key: { tenant, id }, kind, version, from, to });
    this.#entries++;
  }

  #live(): KeptThread[] {
    return [...this.#threads.values()].filter((kept) => kept !== "deleted");
  }

  #passing(filter: ThreadFilter): KeptThread[] {
    return this.#live().filter((kept) => passes(kept, filter));
  }

  #ownerOf(tenant: string, session: string | undefined): string | undefined {
    if (session === undefined) return undefined;
    return this.#live().find(({ thread }) => thread.tenant === tenant && thread.session === session)?.thread.id;
  }

  #byChain(tenant: string, chains: readonly string[]): Found | undefined {
    const own = this.#live().filter(({ thread }) => thread.tenant === tenant);
    for (const chain of chains.toReversed()) {
      for (const { thread, messages } of own.toReversed()) {
        const found = messages.findLast(({ message }) => message.chain === chain);
        if (found) return { thread: structuredClone(thread), sequence: found.message.sequence };
      }
    }
    return undefined;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw unavailable("The memory store of threads is closed.");
  }
}

const unavailable = (message: string) => new MillraceError("store_unavailable", message);

const nameOf = ({ tenant, id }: ThreadKey) => JSON.stringify([tenant, id]);

const written = ({ version }: Thread) => ({ kind: "written", version, sequences: [], isNew: false }) as const;

/** At most. A deletion holds no more than what it makes free. */
const entriesOf = (write: ThreadWrite) =>
  write.kind === "delete" ? 0 : 1 + (write.kind === "put" ? (write.messages?.length ?? 0) : 0);

const newerFirst = (one: ThreadPlace, other: ThreadPlace) =>
  other.activeMs - one.activeMs || (one.id === other.id ? 0 : one.id < other.id ? 1 : -1);

/** Or why it cannot be kept. */
function prepare(write: ThreadWrite): Prepared | string {
  if (write.key.tenant === "" || write.key.id === "") return "the tenant and the id of a thread have at least one character";
  try {
    const messages = write.kind === "put" ? (write.messages ?? []) : [];
    const contents = messages.map(({ content }) => JSON.stringify(content));
    for (const content of contents) textOf(JSON.parse(content) as readonly Json[]); // Throws when it is too deep.
    const bare = messages.map((message): NewMessage => ({ ...message, content: [] }));
    const names = write.kind === "put" ? { ...write, messages: bare } : write;
    const problem = problemIn(write.kind === "draft" ? { ...write, text: "" } : names);
    return problem ?? { write: structuredClone(names), contents };
  } catch {
    return "the content of a message is too deep, or no JSON";
  }
}

function problemIn(names: ThreadWrite): string | undefined {
  let problem: string | undefined;
  JSON.stringify(names, (name, value: unknown) => {
    if (typeof value === "string" && !value.isWellFormed()) problem = "a name or title holds half of a character";
    if (typeof value === "number" && !Number.isFinite(value)) problem = `${name} is not finite`;
    return value;
  });
  return problem;
}
