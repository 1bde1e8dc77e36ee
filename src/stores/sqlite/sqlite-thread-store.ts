// Threads in one SQLite file, with a search index beside it. One worker writes, others read: this thread never waits for a disk.
// Invariants: what a write was told about is on disk; one server has the file at a time; search never holds a write up.
// A worker that ends is replaced at the next call. It does no batching: whoever calls `write` decides what shares a commit.

import { type Cancel, type Clock, MillraceError, systemClock } from "../../base/index.ts";
import { Pool } from "../../mechanisms/pool/index.ts";
import type { ThreadStore, ThreadWrite, ThreadWritten } from "../../ports/index.ts";
import type { IndexMethods } from "./thread-index-worker.ts";
import type { ReaderMethods } from "./thread-reader-worker.ts";
import type { WriterMethods } from "./thread-writer-worker.ts";
import { WorkerCalls } from "./worker-calls.ts";

const READERS = 2;
const RETRY_MS_MAX = 1000;
const BUSY_TIMEOUT_MS = 2000;
/** At most this often the search index is fed, while writes come. */
const FEED_MS = 250;
const FEED_AGAIN_MS = 1000;
/** Times that a piece of work took. */
const FEED_PAUSE = 2;
const CLOSE_MS_MAX = 10_000;
/** Questions that wait for a reader. */
const WAITING_MAX = 10_000;

export interface SqliteThreadStoreOptions {
  /** A file; it and its folder are created, and beside it `.search` (the index) and `.lock`. */
  path: string;
  /** Questions answered at the same time; others wait. Default 2. */
  readersMax?: number;
  /** How long a write waits while something else, a shell or a backup, holds the file. Default 2,000. */
  busyTimeoutMs?: number;
  clock?: Clock;
}

const NOT_COPIED: ThreadWritten = { kind: "invalid", why: "its content is too deep, or no JSON" };

type CheckedOptions = Required<SqliteThreadStoreOptions>;

export class SqliteThreadStore implements ThreadStore {
  readonly #options: CheckedOptions;
  readonly #clock: Clock;
  readonly #readers: Pool<WorkerCalls<ReaderMethods>>;
  #writer: Promise<WorkerCalls<WriterMethods>> | undefined;
  #feeder: WorkerCalls<IndexMethods>;
  /** `again`: writes came while it was fed. */
  #feeding: "no" | "yes" | "again" = "no";
  #cancelFeed: Cancel | undefined;
  #isClosed = false;

  /** Begins to open the file. Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: SqliteThreadStoreOptions) {
    const checked = checkedOptions(options);
    const { path, clock, readersMax } = checked;
    this.#options = checked;
    this.#clock = clock;
    this.#feeder = startFeeder();
    this.#readers = new Pool({
      create: async () => {
        await this.#aliveWriter(); // It makes the file.
        return startReader(path);
      },
      destroy: (reader) => reader.end(),
      validate: (reader) => !reader.isGone,
      waitersMax: WAITING_MAX,
      tenantWaitersMax: WAITING_MAX,
      max: readersMax,
      min: readersMax,
      backoffMsMax: RETRY_MS_MAX,
      clock,
    });
    this.ready().then(
      () => this.#feed(),
      () => {}, // The next call tries again, and says why not.
    );
  }

  /**
   * Resolves once the file is open, of this version and can be read. Rejects with `store_unavailable` when it cannot be used or another
   * server has it, and `store_corrupt` when it is of a newer version, or of something else. Other calls wait for it by themselves.
   */
  async ready(): Promise<void> {
    this.#refuseClosed();
    await this.#aliveWriter();
    await this.#read(async () => {}); // So that no caller waits for a worker to start.
  }

  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    this.#refuseClosed();
    const isCopied = writes.map(() => true);
    const written = await this.#send(writes).catch((error: unknown) => {
      if (!MillraceError.is(error, "option_invalid")) throw error;
      for (const [index, write] of writes.entries()) isCopied[index] = isCopyable(write);
      return this.#send(writes.filter((_, index) => isCopied[index]));
    });
    this.#feed();
    if (written.length === writes.length) return written;
    const rest = written.values();
    return isCopied.map((each) => (each ? rest.next().value : undefined) ?? NOT_COPIED);
  }

  find(...args: Parameters<ThreadStore["find"]>): ReturnType<ThreadStore["find"]> {
    return this.#read((reader) => reader.call("find", ...args));
  }

  messages(...args: Parameters<ThreadStore["messages"]>): ReturnType<ThreadStore["messages"]> {
    return this.#read((reader) => reader.call("messages", ...args));
  }

  list(...args: Parameters<ThreadStore["list"]>): ReturnType<ThreadStore["list"]> {
    return this.#read((reader) => reader.call("list", ...args));
  }

  async search(...args: Parameters<ThreadStore["search"]>): ReturnType<ThreadStore["search"]> {
    try {
      return await this.#read((reader) => reader.call("search", ...args));
    } catch (error) {
      if (!MillraceError.is(error, "store_corrupt")) throw error;
      await this.#feeder.call("forget", this.#options.path).catch(() => {}); // Then it is found out again.
      this.#feed();
      throw new MillraceError("store_unavailable", "The search index was damaged and is made again; try again later.");
    }
  }

  changes(...args: Parameters<ThreadStore["changes"]>): ReturnType<ThreadStore["changes"]> {
    return this.#read((reader) => reader.call("changes", ...args));
  }

  totals(...args: Parameters<ThreadStore["totals"]>): ReturnType<ThreadStore["totals"]> {
    return this.#read((reader) => reader.call("totals", ...args));
  }

  /** Brings the search up to what is written now, without waiting for its time. */
  async catchUp(): Promise<void> {
    await this.ready();
    if (this.#feeder.isGone) this.#feeder = startFeeder();
    while (await this.#feeder.call("catchUp", this.#options.path));
  }

  /** Waits for what is under way. The file is whole and free for others then. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelFeed?.();
    await this.#readers.drain(this.#clock.monotonic() + CLOSE_MS_MAX);
    await this.#feeder.call("close").catch(() => {});
    await this.#feeder.end();
    const writer = await this.#writer?.catch(() => undefined);
    await writer?.call("close").catch(() => {});
    await writer?.end();
  }

  async #read<T>(question: (reader: WorkerCalls<ReaderMethods>) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    const lease = await this.#readers.acquire().catch((error: unknown) => {
      throw unavailable(error);
    });
    try {
      return await question(lease.resource);
    } finally {
      if (lease.resource.isGone) lease.destroy();
      else lease.release();
    }
  }

  async #send(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    return (await this.#aliveWriter()).call("write", writes);
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new MillraceError("store_unavailable", "The SQLite store is closed.");
  }

  /** One that ended, or could not open the file, is replaced at the next call: its lock is free by then. */
  async #aliveWriter(): Promise<WorkerCalls<WriterMethods>> {
    this.#writer ??= startWriter(this.#options);
    const begun = this.#writer;
    try {
      const writer = await begun;
      if (!writer.isGone) return writer;
    } catch (error) {
      if (this.#writer === begun) this.#writer = undefined;
      throw error;
    }
    if (this.#writer === begun) this.#writer = undefined;
    return this.#aliveWriter();
  }

  #feed(): void {
    if (this.#feeding === "no" && !this.#isClosed) void this.#feedOnce();
    else this.#feeding = "again";
  }

  async #feedOnce(): Promise<void> {
    this.#feeding = "yes";
    const startedMs = this.#clock.monotonic();
    const isDone = await this.#catchUp();
    if (this.#isClosed) return;
    const pauseMs = isDone ? Math.max(1, startedMs + FEED_MS - this.#clock.monotonic()) : FEED_AGAIN_MS;
    this.#cancelFeed = this.#clock.schedule(pauseMs, () => {
      const isWanted = this.#feeding === "again" || !isDone;
      this.#feeding = "no";
      if (isWanted) this.#feed();
    });
  }

  /** False: it failed, and is tried again. */
  async #catchUp(): Promise<boolean> {
    try {
      if (this.#feeder.isGone) this.#feeder = startFeeder();
      for (;;) {
        const startedMs = this.#clock.monotonic();
        const isMore = await this.#feeder.call("catchUp", this.#options.path);
        if (!isMore || this.#isClosed) return true;
        // Beside writes the index takes a third of a processor, so that it falls behind rather than holding them up.
        if (this.#feeding !== "again") continue;
        this.#feeding = "yes";
        await this.#clock.sleep(FEED_PAUSE * (this.#clock.monotonic() - startedMs));
      }
    } catch {
      return false;
    }
  }
}

function isCopyable(write: ThreadWrite): boolean {
  try {
    structuredClone(write);
    return true;
  } catch {
    return false;
  }
}

function unavailable(error: unknown): MillraceError {
  const { cause, message } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? cause.message : message;
  return new MillraceError("store_unavailable", `No reader of the SQLite store is free: ${reason}`, { cause: error });
}

function checkedOptions(options: SqliteThreadStoreOptions): CheckedOptions {
  const checked = { readersMax: READERS, busyTimeoutMs: BUSY_TIMEOUT_MS, clock: systemClock, ...options };
  if (checked.path === "" || checked.path === ":memory:") {
    throw new MillraceError("option_invalid", "The SQLite store needs a file's path; in memory, use the memory store.");
  }
  for (const name of ["readersMax", "busyTimeoutMs"] as const) {
    if (Number.isSafeInteger(checked[name]) && checked[name] >= 1) continue;
    throw new MillraceError("option_invalid", `The SQLite store needs ${name}: a whole number of at least 1.`);
  }
  return checked;
}

async function startWriter({ path, busyTimeoutMs }: CheckedOptions): Promise<WorkerCalls<WriterMethods>> {
  const writer = new WorkerCalls<WriterMethods>(new Worker(new URL("./thread-writer-worker.ts", import.meta.url)));
  return opened(writer, writer.call("open", path, busyTimeoutMs));
}

async function startReader(path: string): Promise<WorkerCalls<ReaderMethods>> {
  const reader = new WorkerCalls<ReaderMethods>(new Worker(new URL("./thread-reader-worker.ts", import.meta.url)));
  return opened(reader, reader.call("open", path));
}

const startFeeder = () => new WorkerCalls<IndexMethods>(new Worker(new URL("./thread-index-worker.ts", import.meta.url)));

async function opened<T extends { end(): Promise<void> }>(worker: T, opening: Promise<void>): Promise<T> {
  try {
    await opening;
    return worker;
  } catch (error) {
    await worker.end();
    throw error;
  }
}
