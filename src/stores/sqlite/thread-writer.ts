// Does writes on the one connection that may: a whole list in one transaction, each write decided before anything of it is
// written, so that a refused one leaves nothing behind and needs no savepoint. Threads in use are kept in memory, so that an
// append reads nothing; each thread's row is written once a transaction.
// Invariant: what is in memory is what is on disk; after a transaction that failed, memory is empty.

import type { Database } from "bun:sqlite";
import { MillraceError } from "../../base/index.ts";
import type { NewMessage, ThreadKey, ThreadWrite, ThreadWritten } from "../../ports/index.ts";
import { appended, begun, changed, shared } from "../records/index.ts";
import { ThreadBlobs } from "./thread-blobs.ts";
import { problemOf } from "./thread-check.ts";
import { ThreadDrafts } from "./thread-drafts.ts";
import { ThreadMessages } from "./thread-messages.ts";
import { ThreadNames } from "./thread-names.ts";
import { type EncodedMessage, encodeMessage } from "./thread-record.ts";
import { changeKinds } from "./thread-schema.ts";
import { type KnownThread, ThreadTable } from "./thread-table.ts";

type Put = Extract<ThreadWrite, { kind: "put" }>;
type ShareWrite = Extract<ThreadWrite, { kind: "share" }>;

/** Threads kept in memory. */
const KNOWN_MAX = 10_000;

export class ThreadWriter {
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  readonly #names: ThreadNames;
  readonly #table: ThreadTable;
  readonly #messages: ThreadMessages;
  readonly #drafts: ThreadDrafts;
  readonly #share;
  readonly #unshare;
  readonly #tell;
  /** By tenant and id, those used last at the end. */
  readonly #known = new Map<string, KnownThread | "deleted">();
  /** Rows to be written before the transaction ends, and how much of them. */
  readonly #unsaved = new Map<KnownThread, "appended" | "all">();

  constructor(database: Database) {
    this.#begin = database.query("BEGIN IMMEDIATE");
    this.#commit = database.query("COMMIT");
    this.#rollback = database.query("ROLLBACK");
    this.#names = new ThreadNames(database);
    this.#table = new ThreadTable(database, this.#names);
    this.#messages = new ThreadMessages(database, new ThreadBlobs(database));
    this.#drafts = new ThreadDrafts(database);
    this.#share = database.query<never, [number, string, string]>("INSERT OR REPLACE INTO share VALUES (?, ?, ?)");
    this.#unshare = database.query<never, [number]>("DELETE FROM share WHERE thread = ?");
    this.#tell = database.query<never, [number, number, number, number, number]>(
      "INSERT INTO change (thread, kind, version, first, last) VALUES (?, ?, ?, ?, ?)",
    );
  }

  /** Durable when it returns. When it throws, nothing was done that is known of: a commit may have failed late. */
  write(writes: readonly ThreadWrite[]): ThreadWritten[] {
    this.#begin.run();
    try {
      const written = writes.map((write) => this.#apply(write));
      for (const [known, what] of this.#unsaved) {
        if (what === "all") this.#table.saveAll(known);
        else this.#table.saveAppended(known);
      }
      this.#commit.run();
      this.#unsaved.clear();
      this.#trim();
      return written;
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  #undo(): void {
    this.#unsaved.clear();
    this.#known.clear();
    this.#names.forget();
    this.#drafts.forget();
    try {
      this.#rollback.run();
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #apply(write: ThreadWrite): ThreadWritten {
    const problem = problemOf(write);
    if (problem !== undefined) return { kind: "invalid", why: problem };
    const found = this.#find(write.key);
    if (found === "deleted") return { kind: "missing" };
    if (write.kind === "put") return this.#put(write, found);
    if (found === undefined) return { kind: "missing" };
    if (write.kind === "share") return this.#keepShare(write, found);
    if (write.kind === "delete") return this.#delete(write.key, write.atMs, found);
    const why = this.#drafts.append(found.number, write);
    return why === undefined ? written(found, []) : { kind: "invalid", why };
  }

  #put(write: Put, found: KnownThread | undefined): ThreadWritten {
    const { key, ifVersion, create, change, messages = [] } = write;
    const version = found?.thread.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== version) return { kind: "conflict", version };
    if (found === undefined) {
      if (create === undefined) return { kind: "missing" };
      const owner = this.#ownerOf(key.tenant, create.session);
      if (owner !== undefined) return { kind: "taken", thread: owner };
    }
    const records = encoded(messages);
    if (typeof records === "string") return { kind: "invalid", why: records };
    const known = found ?? this.#begun(key, create as NonNullable<typeof create>);
    const before = known.thread;
    known.thread = changed(before, change);
    const isChanged = known.thread !== before;
    const sequences = messages.map((message, index) => this.#append(known, message, records[index] as EncodedMessage));
    for (const draft of write.ends ?? []) this.#drafts.end(known.number, draft);
    if (known.thread !== before || found === undefined) {
      this.#save(known, "put", before.messages, found === undefined ? "new" : isChanged ? "all" : "appended");
    }
    return { ...written(known, sequences), isNew: found === undefined };
  }

  #append(known: KnownThread, message: NewMessage, record: EncodedMessage): number {
    const sequence = known.thread.messages + 1;
    const kept = this.#messages.add(known, sequence, message, record);
    if (kept === sequence) known.thread = appended(known.thread, message, record.excerpt);
    return kept;
  }

  #keepShare({ share }: ShareWrite, known: KnownThread): ThreadWritten {
    const before = known.thread;
    known.thread = shared(before, share);
    if (known.thread !== before) {
      this.#share.run(known.number, share.id, share.tokenHash);
      this.#save(known, "share", before.messages, "all");
    }
    return written(known, []);
  }

  #delete(key: ThreadKey, atMs: number, known: KnownThread): ThreadWritten {
    const { number, thread } = known;
    const version = thread.version + 1;
    this.#messages.removeAll(known);
    this.#drafts.endAll(number);
    this.#unshare.run(number);
    this.#table.bury(number, version, atMs);
    this.#unsaved.delete(known);
    this.#known.set(keyOf(key), "deleted");
    this.#tell.run(number, changeKinds.indexOf("delete"), version, thread.messages + 1, thread.messages);
    return { kind: "written", version, sequences: [], isNew: false };
  }

  /** Counts the write, and writes the row at once when it is new, or at the end. */
  #save(known: KnownThread, kind: "put" | "share", messagesBefore: number, what: "new" | "appended" | "all"): void {
    known.thread = { ...known.thread, version: known.thread.version + 1 };
    const { version, messages } = known.thread;
    if (what === "new") {
      this.#table.add(known);
      this.#known.set(keyOf(known.thread), known);
    } else if (what === "all" || !this.#unsaved.has(known)) {
      this.#unsaved.set(known, what);
    }
    this.#tell.run(known.number, changeKinds.indexOf(kind), version, messagesBefore + 1, messages);
  }

  #begun(key: ThreadKey, create: NonNullable<Put["create"]>): KnownThread {
    const tenant = this.#names.take("tenant", key.tenant, "");
    return { number: this.#table.nextNumber(), tenant, thread: begun(key, create) };
  }

  #ownerOf(tenant: string, session: string | undefined): string | undefined {
    const number = session === undefined ? undefined : this.#names.find("tenant", tenant, "");
    return number === undefined || session === undefined ? undefined : this.#table.bySession(number, session);
  }

  #find(key: ThreadKey): KnownThread | "deleted" | undefined {
    const name = keyOf(key);
    const known = this.#known.get(name);
    if (known !== undefined) {
      this.#known.delete(name);
      this.#known.set(name, known);
      return known;
    }
    const tenant = this.#names.find("tenant", key.tenant, "");
    const found = tenant === undefined ? undefined : this.#table.find(tenant, key.id);
    if (found !== undefined) this.#known.set(name, found);
    return found;
  }

  #trim(): void {
    for (const name of this.#known.keys()) {
      if (this.#known.size <= KNOWN_MAX) return;
      this.#known.delete(name);
    }
  }
}

/** Texts that are keys hold no NUL. */
const keyOf = ({ tenant, id }: ThreadKey) => `${tenant}\0${id}`;

const written = ({ thread }: KnownThread, sequences: readonly number[]) =>
  ({ kind: "written", version: thread.version, sequences, isNew: false }) as const;

/** All of them, or why one cannot be kept. */
function encoded(messages: readonly NewMessage[]): readonly EncodedMessage[] | string {
  try {
    return messages.map(encodeMessage);
  } catch (error) {
    return MillraceError.is(error) ? error.message : `a message cannot be kept: ${String(error)}`;
  }
}
