// Decides what a batch of writes does, from what was read under the locks of its threads: the outcome of each write, and the
// rows that have to change. Pure: a batch that is done again from the same rows decides the same.
// Invariant: the writes are taken in their order, each sees what those before it did; a write that is refused changes nothing.

import type {
  NewMessage,
  NewThread,
  Thread,
  ThreadChange,
  ThreadChangeEvent,
  ThreadKey,
  ThreadWrite,
  ThreadWritten,
} from "../../ports/index.ts";

type Put = Extract<ThreadWrite, { kind: "put" }>;
type Draft = Extract<ThreadWrite, { kind: "draft" }>;
type ShareWrite = Extract<ThreadWrite, { kind: "share" }>;

/** Texts that are keys hold no NUL, so one between them makes a key of its own. */
export const keyOf = (first: string, second: string, third?: string) =>
  third === undefined ? `${first}\0${second}` : `${first}\0${second}\0${third}`;

/** What was read. All by keyOf. */
export interface Stored {
  /** By tenant and id; "deleted" for an id that is taken for good. */
  readonly threads: Map<string, Thread | "deleted">;
  /** By tenant and session: the id of its thread. */
  readonly sessions: Map<string, string>;
  /** By tenant, thread and client id: the sequence. */
  readonly messages: Map<string, number>;
  /** By tenant, thread and draft: how long it is. */
  readonly drafts: Map<string, number>;
}

export interface PlannedMessage {
  readonly key: ThreadKey;
  readonly sequence: number;
  readonly message: NewMessage;
}

export interface PlannedPiece {
  readonly key: ThreadKey;
  readonly draft: string;
  readonly start: number;
  readonly text: string;
  readonly atMs: number;
}

export class WritePlan {
  readonly #stored: Stored;
  readonly #excerptOf: (message: NewMessage) => string;
  /** By keyOf. The ones of `created` were not there before. */
  readonly created = new Set<string>();
  /** With the version that was read. */
  readonly changed = new Map<string, number>();
  /** Those of `changed` of which more than messages changed. */
  readonly reshaped = new Set<string>();
  /** What is left of a thread that is gone. */
  readonly deleted = new Map<string, { thread: Thread; atMs: number }>();
  readonly messages: PlannedMessage[] = [];
  readonly pieces: PlannedPiece[] = [];
  readonly ended: { key: ThreadKey; draft: string }[] = [];
  readonly shares: ShareWrite[] = [];
  readonly changes: Omit<ThreadChangeEvent, "position">[] = [];

  constructor(stored: Stored, excerptOf: (message: NewMessage) => string) {
    this.#stored = stored;
    this.#excerptOf = excerptOf;
  }

  /** A thread that is still there. */
  thread(key: string): Thread {
    return this.#stored.threads.get(key) as Thread;
  }

  apply(write: ThreadWrite): ThreadWritten {
    const found = this.#stored.threads.get(keyOf(write.key.tenant, write.key.id));
    if (found === "deleted") return { kind: "missing" };
    if (write.kind === "put") return this.#put(write, found);
    if (found === undefined) return { kind: "missing" };
    if (write.kind === "draft") return this.#draft(write, found);
    if (write.kind === "share") return this.#share(write, found);
    return this.#delete(write.key, write.atMs, found);
  }

  #put(write: Put, found: Thread | undefined): ThreadWritten {
    const version = found?.version ?? 0;
    if (write.ifVersion !== undefined && write.ifVersion !== version) return { kind: "conflict", version };
    if (found === undefined) {
      if (write.create === undefined) return { kind: "missing" };
      const { session } = write.create;
      const owner = session === undefined ? undefined : this.#stored.sessions.get(keyOf(write.key.tenant, session));
      if (owner !== undefined) return { kind: "taken", thread: owner };
    }
    const before = found ?? begin(write.key, write.create as NewThread);
    const shaped = write.change === undefined ? before : withChange(before, write.change);
    if (shaped !== before) this.reshaped.add(keyOf(write.key.tenant, write.key.id));
    const { thread, sequences } = this.#append(shaped, write.messages ?? []);
    for (const draft of write.ends ?? []) this.#end(write.key, draft);
    const isChanged = found === undefined || thread !== found;
    if (isChanged) this.#keep({ ...thread, version: version + 1 }, "put", before.messages, found === undefined);
    return { kind: "written", version: isChanged ? version + 1 : version, sequences, isNew: found === undefined };
  }

  #append(thread: Thread, messages: readonly NewMessage[]): { thread: Thread; sequences: number[] } {
    const sequences: number[] = [];
    let current = thread;
    for (const message of messages) {
      const id = keyOf(thread.tenant, thread.id, message.clientId);
      const known = this.#stored.messages.get(id);
      const sequence = known ?? current.messages + 1;
      sequences.push(sequence);
      if (known !== undefined) continue;
      this.#stored.messages.set(id, sequence);
      this.messages.push({ key: { tenant: thread.tenant, id: thread.id }, sequence, message });
      current = withMessage(current, message, this.#excerptOf(message));
    }
    return { thread: current, sequences };
  }

  #keep(thread: Thread, kind: "put" | "share", messagesBefore: number, isNew: boolean): void {
    const key = keyOf(thread.tenant, thread.id);
    this.#stored.threads.set(key, thread);
    if (isNew) this.created.add(key);
    if (isNew && thread.session !== undefined) this.#stored.sessions.set(keyOf(thread.tenant, thread.session), thread.id);
    if (!this.changed.has(key)) this.changed.set(key, thread.version - 1);
    this.#tell(thread, kind, messagesBefore + 1, thread.messages);
  }

  #tell({ tenant, id, version }: Thread, kind: ThreadChangeEvent["kind"], from: number, to: number): void {
    this.changes.push({ key: { tenant, id }, kind, version, from, to });
  }

  #draft(write: Draft, found: Thread): ThreadWritten {
    const { key, draft, from, text, atMs } = write;
    const id = keyOf(key.tenant, key.id, draft);
    const length = this.#stored.drafts.get(id) ?? 0;
    if (from > length) return { kind: "invalid", why: `the draft has ${length} units of text, and this comes after ${from}` };
    const rest = text.slice(length - from);
    if (rest !== "" || !this.#stored.drafts.has(id)) {
      // A beginning without text stands before the text, and says when the draft began.
      this.pieces.push({ key, draft, start: rest === "" ? -1 : length, text: rest, atMs });
      this.#stored.drafts.set(id, length + rest.length);
    }
    return { kind: "written", version: found.version, sequences: [], isNew: false };
  }

  #end(key: ThreadKey, draft: string): void {
    this.ended.push({ key, draft });
    this.#stored.drafts.delete(keyOf(key.tenant, key.id, draft));
    removeWhere(this.pieces, (piece) => piece.draft === draft && isSame(piece.key, key));
  }

  #share(write: ShareWrite, found: Thread): ThreadWritten {
    const { share } = write;
    const before = found.shares.find((each) => each.id === share.id);
    const isChanged = before === undefined || !Bun.deepEquals(before, share);
    const version = isChanged ? found.version + 1 : found.version;
    if (isChanged) {
      const shares = before ? found.shares.map((each) => (each === before ? share : each)) : [...found.shares, share];
      this.#keep({ ...found, shares, version }, "share", found.messages, false);
      this.reshaped.add(keyOf(write.key.tenant, write.key.id));
      this.shares.push(write);
    }
    return { kind: "written", version, sequences: [], isNew: false };
  }

  #delete(key: ThreadKey, atMs: number, found: Thread): ThreadWritten {
    const id = keyOf(key.tenant, key.id);
    const { tenant, user, team, createdMs, visibility, messages, activeMs } = found;
    const rest = begin({ tenant, id: key.id }, { user, team, createdMs, visibility });
    const thread: Thread = { ...rest, messages, activeMs, version: found.version + 1 };
    this.deleted.set(id, { thread, atMs });
    if (!this.changed.has(id)) this.changed.set(id, found.version);
    this.reshaped.add(id);
    this.#stored.threads.set(id, "deleted");
    if (found.session !== undefined) this.#stored.sessions.delete(keyOf(tenant, found.session));
    removeWhere(this.messages, (each) => isSame(each.key, key));
    removeWhere(this.pieces, (piece) => isSame(piece.key, key));
    removeWhere(this.shares, (share) => isSame(share.key, key));
    this.#tell(thread, "delete", messages + 1, messages);
    return { kind: "written", version: thread.version, sequences: [], isNew: false };
  }
}

function begin({ tenant, id }: ThreadKey, create: NewThread): Thread {
  return {
    ...create,
    tenant,
    id,
    title: create.title ?? "",
    tags: sorted(create.tags ?? []),
    archived: false,
    pinned: false,
    version: 0,
    activeMs: create.createdMs,
    messages: 0,
    usage: { input: 0, cached: 0, output: 0, cost: 0 },
    excerpt: "",
    participants: [],
    shares: [],
  };
}

/** The same object when nothing changes. */
function withChange(thread: Thread, change: ThreadChange): Thread {
  const changed: Thread = { ...thread, ...change, tags: change.tags ? sorted(change.tags) : thread.tags };
  return Bun.deepEquals(changed, thread) ? thread : changed;
}

function withMessage(thread: Thread, { author, atMs, usage }: NewMessage, excerpt: string): Thread {
  const sum = thread.usage;
  return {
    ...thread,
    messages: thread.messages + 1,
    activeMs: Math.max(thread.activeMs, atMs),
    usage: usage
      ? {
          input: sum.input + usage.input,
          cached: sum.cached + usage.cached,
          output: sum.output + usage.output,
          cost: sum.cost + usage.cost,
        }
      : sum,
    excerpt,
    participants: thread.participants.includes(author) ? thread.participants : [...thread.participants, author],
  };
}

const sorted = (tags: readonly string[]) => [...new Set(tags)].sort();

const isSame = (one: ThreadKey, other: ThreadKey) => one.id === other.id && one.tenant === other.tenant;

function removeWhere<T>(list: T[], isUnwanted: (item: T) => boolean): void {
  const kept = list.filter((item) => !isUnwanted(item));
  if (kept.length !== list.length) list.splice(0, list.length, ...kept);
}
