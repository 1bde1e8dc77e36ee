// What the tests of this room share: a plain store of conversations that counts its calls and can be away, and a service over it.

import { type Clock, MillraceError, seededRandom, uuidv7Source, VirtualClock } from "../base/index.ts";
import type {
  Draft,
  Found,
  Message,
  Thread,
  ThreadChangeEvent,
  ThreadFilter,
  ThreadKey,
  ThreadLookup,
  ThreadStore,
  ThreadWrite,
  ThreadWritten,
} from "../ports/index.ts";
import type { Caller } from "./caller.ts";
import { redactor } from "./redaction.ts";
import { Threads, type ThreadsOptions } from "./threads.ts";
import type { WriteThread } from "./write-thread.ts";

interface Kept {
  thread: Thread;
  readonly messages: Message[];
  readonly drafts: Map<string, Draft & { readonly touchedMs: number }>;
  readonly order: number;
  isDeleted: boolean;
}

const NOTHING = { input: 0, cached: 0, output: 0, cost: 0 };

export class PlainThreadStore implements ThreadStore {
  readonly kept = new Map<string, Kept>();
  readonly writes: ThreadWrite[] = [];
  reads = 0;
  isAway = false;

  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    this.#refuseAway();
    this.writes.push(...writes);
    return writes.map((write) => this.#one(write));
  }

  async find(lookup: ThreadLookup): Promise<Found | undefined> {
    this.#refuseAway();
    const live = [...this.kept.values()].filter(({ isDeleted }) => !isDeleted);
    if ("id" in lookup) return found(live.find(({ thread }) => thread.tenant === lookup.tenant && thread.id === lookup.id));
    if ("tokenHash" in lookup) {
      return found(live.find(({ thread }) => thread.shares.some((share) => share.tokenHash === lookup.tokenHash)));
    }
    const own = live.filter(({ thread }) => thread.tenant === lookup.tenant);
    if ("session" in lookup) return found(own.find(({ thread }) => thread.session === lookup.session));
    for (const chain of [...lookup.chains].reverse()) {
      for (const { thread, messages } of own) {
        const message = messages.find((each) => each.chain === chain);
        if (message) return { thread, sequence: message.sequence };
      }
    }
    return undefined;
  }

  async messages(key: ThreadKey, { after, limit, backwards }: { after: number; limit: number; backwards?: boolean }) {
    this.#refuseAway();
    const kept = this.#live(key);
    if (!kept) return { messages: [], drafts: [] };
    const rest = backwards
      ? kept.messages.filter(({ sequence }) => after === 0 || sequence < after).reverse()
      : kept.messages.filter(({ sequence }) => sequence > after);
    const isLast = backwards ? after === 0 : rest.length <= limit;
    return { messages: rest.slice(0, limit), drafts: isLast ? [...kept.drafts.values()] : [] };
  }

  async list(filter: ThreadFilter, { after, limit }: { after?: { activeMs: number; id: string }; limit: number }) {
    this.#refuseAway();
    const key = ({ activeMs, id }: { activeMs: number; id: string }) => `${String(activeMs).padStart(16, "0")}${id}`;
    return [...this.kept.values()]
      .filter((kept) => passes(kept, filter) && (!after || key(kept.thread) < key(after)))
      .map(({ thread }) => thread)
      .sort((one, other) => (key(one) < key(other) ? 1 : -1))
      .slice(0, limit);
  }

  async search(
    filter: ThreadFilter,
    words: string,
    { after = Number.MAX_SAFE_INTEGER, limit }: { after?: number; limit: number },
  ) {
    const all = [...this.kept.values()].filter((kept) => passes(kept, filter));
    const hits = all.flatMap(({ thread, messages, order }) =>
      messages.map(({ sequence, content }) => ({
        thread,
        sequence,
        excerpt: JSON.stringify(content),
        at: order * 1e6 + sequence,
      })),
    );
    const matching = hits
      .filter(({ excerpt, at }) => excerpt.includes(words) && at < after)
      .sort((one, other) => other.at - one.at);
    const last = matching[limit - 1];
    return { hits: matching.slice(0, limit), ...(matching.length > limit && last ? { next: last.at } : {}) };
  }

  changes = async (): Promise<readonly ThreadChangeEvent[]> => [];
  totals = async () => ({ ...NOTHING, threads: this.kept.size, messages: 0 });
  close = async () => {};

  #one(write: ThreadWrite): ThreadWritten {
    if (write.kind === "put") return this.#put(write);
    const kept = this.#live(write.key);
    if (!kept) return { kind: "missing" };
    if (write.kind === "draft") {
      const before = kept.drafts.get(write.draft);
      const text = (before?.text ?? "").slice(0, write.from) + write.text;
      kept.drafts.set(write.draft, { id: write.draft, text, startedMs: before?.startedMs ?? write.atMs, touchedMs: write.atMs });
      return { kind: "written", version: kept.thread.version, sequences: [], isNew: true };
    }
    const version = kept.thread.version + 1;
    if (write.kind === "delete") kept.isDeleted = true;
    else {
      const shares = [...kept.thread.shares.filter(({ id }) => id !== write.share.id), write.share];
      kept.thread = { ...kept.thread, version, shares };
    }
    return { kind: "written", version, sequences: [], isNew: true };
  }

  #put({ key, ifVersion, create, change = {}, messages = [], ends = [] }: Extract<ThreadWrite, { kind: "put" }>): ThreadWritten {
    const id = `${key.tenant}/${key.id}`;
    const there = this.kept.get(id);
    if (there?.isDeleted || (!there && !create)) return { kind: "missing" };
    if (ifVersion !== undefined && ifVersion !== (there?.thread.version ?? 0)) {
      return { kind: "conflict", version: there?.thread.version ?? 0 };
    }
    const kept: Kept = there ?? {
      messages: [],
      drafts: new Map(),
      order: this.kept.size,
      isDeleted: false,
      thread: blank(key, create),
    };
    this.kept.set(id, kept);
    const sequences = messages.map((message) => {
      const same = kept.messages.find(({ clientId }) => clientId === message.clientId);
      if (same) return same.sequence;
      const sequence = kept.messages.length + 1;
      kept.messages.push({ ...message, sequence });
      return sequence;
    });
    const hadDraft = ends.filter((draft) => kept.drafts.delete(draft)).length > 0;
    const isNew = !there || kept.messages.length > kept.thread.messages || Object.keys(change).length > 0 || hadDraft;
    const last = kept.messages.at(-1);
    const { activeMs, version } = kept.thread;
    const more = {
      activeMs: Math.max(activeMs, last?.atMs ?? 0),
      messages: kept.messages.length,
      version: version + (isNew ? 1 : 0),
    };
    kept.thread = { ...kept.thread, ...change, ...more };
    return { kind: "written", version: kept.thread.version, sequences, isNew };
  }

  #live(key: ThreadKey): Kept | undefined {
    const kept = this.kept.get(`${key.tenant}/${key.id}`);
    return kept?.isDeleted ? undefined : kept;
  }

  #refuseAway(): void {
    this.reads++;
    if (this.isAway) throw new MillraceError("store_unavailable", "The store is away.");
  }
}

function blank(key: ThreadKey, create: Extract<ThreadWrite, { kind: "put" }>["create"]): Thread {
  const { createdMs = 0, visibility = "private", user = "", team = "" } = create ?? {};
  const given = { ...create, createdMs, visibility, user, team, title: create?.title ?? "", tags: create?.tags ?? [] };
  const empty = { archived: false, pinned: false, version: 0, activeMs: createdMs, messages: 0, usage: NOTHING };
  return { ...key, ...given, ...empty, excerpt: "", participants: [], shares: [] };
}

function passes({ thread, drafts, isDeleted }: Kept, filter: ThreadFilter): boolean {
  const { tenant, viewer, stalledMs, sinceMs, untilMs } = filter;
  if (isDeleted || thread.tenant !== tenant) return false;
  const seen =
    !viewer ||
    thread.user === viewer.user ||
    thread.visibility === "organisation" ||
    (thread.visibility === "team" && thread.team === viewer.team);
  if (!seen || (sinceMs !== undefined && thread.activeMs < sinceMs) || (untilMs !== undefined && thread.activeMs >= untilMs))
    return false;
  if (stalledMs !== undefined && ![...drafts.values()].some(({ touchedMs }) => touchedMs < stalledMs)) return false;
  return (["user", "team", "client", "model", "repository", "archived"] as const).every(
    (name) => filter[name] === undefined || filter[name] === thread[name],
  );
}

const found = (kept: Kept | undefined): Found | undefined => (kept ? { thread: kept.thread } : undefined);

/** Each write alone, at once. */
export const writeTo =
  (store: ThreadStore): WriteThread =>
  async (write) => {
    const [written] = await store.write([write]);
    if (!written) throw new MillraceError("store_corrupt", "The store said nothing.");
    return written;
  };

export const ada: Caller = { tenant: "acme", team: "core", user: "ada", scopes: [] };

export function service(options: Partial<ThreadsOptions> = {}, clock: Clock = new VirtualClock(undefined, setImmediate)) {
  const store = new PlainThreadStore();
  const random = seededRandom(1);
  const basics = { store, write: writeTo(store), clock, random, ids: uuidv7Source(clock, random), redact: redactor() };
  return { store, clock, threads: new Threads({ ...basics, ...options }) };
}
