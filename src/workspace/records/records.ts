// Parse records by content: from memory, else from the store, else scanned, and then kept in both. So that nothing is parsed twice, whatever
// branch, worktree, commit or colleague it comes from. A record is computed from bytes alone; where it was found makes no difference to it.
// A store that fails costs time only.

import { type Abortable, type Clock, MillraceError } from "../../base/index.ts";
import { RECORDS_MAX, type RecordStore } from "../../ports/index.ts";
import type { Language, ParseRecord } from "../scan/record.ts";
import { scanFile } from "../scan/scan-file.ts";
import { decodeRecord, encodeRecord, recordKey } from "./record-codec.ts";

export interface RecordsOptions {
  readonly clock: Clock;
  /** Outlives the process; may be shared. */
  readonly store?: RecordStore;
  /** Records held in memory at most. Default 100,000. */
  readonly recordsMax?: number;
}

/** A content whose record is wanted. */
export interface Content {
  /** Its git blob id. */
  readonly blob: string;
  readonly language: Language;
}

export interface RecordsAsk {
  /**
   * Bytes of those that have no record yet, told one by one, in any order. What is not told has no record (it is gone).
   * Contents of the same blob and language are asked for once.
   */
  readonly read: (
    missing: readonly Content[],
    take: (content: Content, bytes: Uint8Array) => void | Promise<void>,
  ) => Promise<void>;
  readonly signal?: Abortable;
  /** After each slice of work. */
  readonly progress?: (done: number, of: number) => void;
}

export interface RecordsStats {
  /** Since this was made. */
  parsed: number;
  reused: number;
  fromStore: number;
  /** Records of the store that could not be read, and calls of it that failed. */
  storeFailures: number;
}

/** How long scanning may hold the thread at once. */
const SLICE_MS = 8;
const RECORDS_HELD = 100_000;

export class Records {
  readonly #options: RecordsOptions;
  readonly #recordsMax: number;
  /** The one used last comes last. */
  readonly #held = new Map<string, ParseRecord>();
  readonly #stats: RecordsStats = { parsed: 0, reused: 0, fromStore: 0, storeFailures: 0 };

  /** Throws `option_invalid` for a bound that bounds nothing. */
  constructor(options: RecordsOptions) {
    const { recordsMax = RECORDS_HELD } = options;
    if (!Number.isSafeInteger(recordsMax) || recordsMax < 1) {
      throw new MillraceError("option_invalid", "Records need recordsMax: a whole number of at least 1.");
    }
    this.#options = options;
    this.#recordsMax = recordsMax;
  }

  stats(): RecordsStats {
    return { ...this.#stats };
  }

  /** By `recordKey`, all that could be had. Rejects with the signal's reason, and as `read` does. */
  async get(contents: readonly Content[], ask: RecordsAsk): Promise<ReadonlyMap<string, ParseRecord>> {
    const found = new Map<string, ParseRecord>();
    const missing = new Map<string, Content>();
    for (const content of contents) {
      const key = recordKey(content.language, content.blob);
      const held = this.#held.get(key);
      if (held === undefined) missing.set(key, content);
      else this.#hold(key, held, found);
    }
    this.#stats.reused += found.size;
    await this.#fromStore(missing, found, ask.signal);
    if (missing.size > 0) await this.#scan(missing, found, ask);
    this.#trim();
    return found;
  }

  async #fromStore(missing: Map<string, Content>, found: Map<string, ParseRecord>, signal: Abortable | undefined): Promise<void> {
    const { store } = this.#options;
    if (!store) return;
    const keys = [...missing.keys()];
    for (let at = 0; at < keys.length; at += RECORDS_MAX) {
      signal?.throwIfAborted();
      const kept = await this.#tolerant(() => store.get(keys.slice(at, at + RECORDS_MAX)));
      for (const [key, bytes] of kept ?? []) {
        const content = missing.get(key);
        const record = content && decodeRecord(bytes, content.language);
        if (!record) {
          this.#stats.storeFailures++;
          continue;
        }
        missing.delete(key);
        this.#hold(key, record, found);
        this.#stats.fromStore++;
      }
    }
  }

  async #scan(missing: ReadonlyMap<string, Content>, found: Map<string, ParseRecord>, ask: RecordsAsk): Promise<void> {
    const { clock } = this.#options;
    const fresh = new Map<string, ParseRecord>();
    const decoder = new TextDecoder();
    let sliceEndsMs = clock.monotonic() + SLICE_MS;
    await ask.read([...missing.values()], async (content, bytes) => {
      const key = recordKey(content.language, content.blob);
      const record = scanFile(content.language, decoder.decode(bytes));
      this.#hold(key, record, found);
      this.#stats.parsed++;
      fresh.set(key, record);
      if (fresh.size === RECORDS_MAX) await this.#keep(fresh);
      if (clock.monotonic() < sliceEndsMs) return;
      ask.progress?.(found.size, found.size + missing.size);
      await clock.sleep(0, ask.signal);
      sliceEndsMs = clock.monotonic() + SLICE_MS;
    });
    await this.#keep(fresh);
  }

  async #keep(fresh: Map<string, ParseRecord>): Promise<void> {
    const { store } = this.#options;
    const records = new Map([...fresh].map(([key, record]) => [key, encodeRecord(record)]));
    fresh.clear();
    if (store && records.size > 0) await this.#tolerant(() => store.put(records));
  }

  async #tolerant<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch {
      this.#stats.storeFailures++;
      return undefined;
    }
  }

  #hold(key: string, record: ParseRecord, found: Map<string, ParseRecord>): void {
    this.#held.delete(key);
    this.#held.set(key, record);
    found.set(key, record);
  }

  #trim(): void {
    for (const key of this.#held.keys()) {
      if (this.#held.size <= this.#recordsMax) return;
      this.#held.delete(key);
    }
  }
}
