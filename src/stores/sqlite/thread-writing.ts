// The life of the one writing connection: the lock, the file, what is done after a failure, and checkpoints. A connection that
// failed is not used again, since what it holds in memory may differ from what is on disk: the next write opens a new one.
// Checkpoints run after answers, never before: small ones while writes come, and the log is cut when nobody writes.

import type { Database } from "bun:sqlite";
import { type Cancel, type Clock, MillraceError } from "../../base/index.ts";
import type { ThreadWrite, ThreadWritten } from "../../ports/index.ts";
import { failing, isCorrupt, lockThreadFile, openThreadFile, settleLog } from "./thread-file.ts";
import { ThreadWriter } from "./thread-writer.ts";

/** Pages in the log that are worth a checkpoint: it takes some milliseconds. */
const LOG_PAGES = 1000;
/** A log of more than this is cut when nobody wrote for `IDLE_MS`. */
const CUT_PAGES = 4000;
const IDLE_MS = 1000;
const CLOSE_BUSY_MS_MAX = 2000;

interface Log {
  log: number;
  checkpointed: number;
}

export class ThreadWriting {
  readonly #path: string;
  readonly #busyMsMax: number;
  readonly #clock: Clock;
  readonly #lock: Database;
  #database: Database | undefined;
  #writer: ThreadWriter | undefined;
  #isSettled = false;
  #cancelLook: Cancel | undefined;
  #cancelCut: Cancel | undefined;

  /** Throws when another server has the file, or it cannot be used. */
  constructor(path: string, busyMsMax: number, clock: Clock) {
    this.#path = path;
    this.#busyMsMax = busyMsMax;
    this.#clock = clock;
    this.#lock = lockThreadFile(path);
    try {
      this.#open();
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  write(writes: readonly ThreadWrite[]): readonly ThreadWritten[] {
    const writer = failing(this.#path, () => this.#settled());
    try {
      return failing(this.#path, () => writer.write(writes));
    } catch (error) {
      this.#drop();
      if (!isDamage(error)) throw error;
      return writes.length > 1 ? writes.flatMap((write) => this.write([write])) : [damaged(error)];
    } finally {
      this.#cancelLook ??= this.#clock.schedule(1, () => this.#look());
    }
  }

  /** The log is emptied into the file, and the file is free for others. */
  close(): void {
    this.#cancelLook?.();
    this.#cancelCut?.();
    try {
      this.#database?.run(`PRAGMA busy_timeout = ${CLOSE_BUSY_MS_MAX}`);
      this.#log("TRUNCATE");
    } finally {
      this.#drop();
      this.#lock.close();
    }
  }

  #open(): ThreadWriter {
    if (this.#writer) return this.#writer;
    this.#database = openThreadFile(this.#path, this.#busyMsMax);
    this.#writer = new ThreadWriter(this.#database);
    return this.#writer;
  }

  #settled(): ThreadWriter {
    const writer = this.#open();
    try {
      if (this.#database && !this.#isSettled) settleLog(this.#database);
      this.#isSettled = true;
      return writer;
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #drop(): void {
    this.#isSettled = false;
    this.#database?.close();
    this.#database = undefined;
    this.#writer = undefined;
  }

  #look(): void {
    this.#cancelLook = undefined;
    const { log, checkpointed } = this.#log("NOOP");
    if (log - checkpointed >= LOG_PAGES) this.#log("PASSIVE");
    this.#cancelCut?.();
    this.#cancelCut = this.#clock.schedule(IDLE_MS, () => this.#cut(log));
  }

  /** Not when somebody reads what would be cut: writes would wait for it. */
  #cut(log: number): void {
    this.#database?.run("PRAGMA busy_timeout = 0");
    this.#log(log > CUT_PAGES ? "TRUNCATE" : "PASSIVE");
    this.#database?.run(`PRAGMA busy_timeout = ${this.#busyMsMax}`);
  }

  /** A checkpoint that fails is tried again after the next write; what was written stays in the log until then. */
  #log(mode: "NOOP" | "PASSIVE" | "TRUNCATE"): Log {
    const none = { log: 0, checkpointed: 0 };
    try {
      return this.#database?.query<Log, []>(`PRAGMA wal_checkpoint(${mode})`).get() ?? none;
    } catch {
      return none;
    }
  }
}

/** The rows or pages that one write needs: others may well be done. */
const isDamage = (error: unknown): error is MillraceError =>
  MillraceError.is(error, "store_corrupt") || (error instanceof Error && isCorrupt(error.cause));

const damaged = ({ message }: MillraceError): ThreadWritten => ({ kind: "invalid", why: message });
