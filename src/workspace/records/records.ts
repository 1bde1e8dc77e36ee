// Parse records by content: from memory, else from the store, else scanned, and then kept in both. So that nothing is parsed twice, whatever
// branch, worktree, commit or colleague it comes from. A record is computed from bytes alone; where it was found makes no difference to it.
// A store that fails costs time only.

import { type Abortable, type Clock, MillraceError } from "../../base/index.ts";
import { RECORDS_MAX, type RecordStore } from "../../ports/index.ts";
import type { GrammarLanguage, Language, ParseRecord } from "../scan/record.ts";
import { grammarQueries } from "../scan/tree-sitter/grammar-queries.ts";
import { Grammars } from "../scan/tree-sitter/grammars.ts";
import { decodeRecord, ownRecord, recordKey } from "./record-codec.ts";
import { BatchScanner, eachOf, type Source } from "./scan-batch.ts";

export interface RecordsOptions {
  readonly clock: Clock;
  /** Outlives the process; may be shared. */
  readonly store?: RecordStore;
  /** Scans in other threads, where there is much to scan: encoded records in the order of the sources. Default: all on this thread. */
  readonly scan?: (sources: readonly Source[], signal?: Abortable) => Promise<readonly Uint8Array[]>;
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
  /** Told each record that was not at hand, as it comes: from the store, or scanned. */
  readonly came?: (record: ParseRecord) => void;
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
  /** Files that could not be scanned: they have a record that says nothing. */
  scanFailures: number;
}

/** What is scanned at once on this thread: it is held for some milliseconds. */
const HERE_BYTES = 128 * 1024;
/** What is handed to another thread at once. */
const BATCH_BYTES = 512 * 1024;
/** Batches read ahead of the threads. */
const BATCHES_AHEAD = 6;
const RECORDS_HELD = 100_000;

export class Records {
  readonly #options: RecordsOptions;
  readonly #recordsMax: number;
  readonly #scanner: BatchScanner;
  /** The one used last comes last. */
  readonly #held = new Map<string, ParseRecord>();
  readonly #stats: RecordsStats = { parsed: 0, reused: 0, fromStore: 0, storeFailures: 0, scanFailures: 0 };

  /** Throws `option_invalid` for a bound that bounds nothing. */
  constructor(options: RecordsOptions) {
    const { recordsMax = RECORDS_HELD } = options;
    if (!Number.isSafeInteger(recordsMax) || recordsMax < 1) {
      throw new MillraceError("option_invalid", "Records need recordsMax: a whole number of at least 1.");
    }
    this.#options = options;
    this.#recordsMax = recordsMax;
    this.#scanner = new BatchScanner(new Grammars(options.clock));
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
    await this.#fromStore(missing, found, ask);
    if (missing.size > 0) await this.#scan(missing, found, ask);
    this.#trim();
    return found;
  }

  async #fromStore(missing: Map<string, Content>, found: Map<string, ParseRecord>, ask: RecordsAsk): Promise<void> {
    const { store } = this.#options;
    if (!store) return;
    const keys = [...missing.keys()];
    // Asked for at once: a store that is far away answers all of them in the time of one. Read in their order.
    const asked: Promise<ReadonlyMap<string, Uint8Array> | undefined>[] = [];
    for (let at = 0; at < keys.length; at += RECORDS_MAX) {
      asked.push(this.#tolerant(() => store.get(keys.slice(at, at + RECORDS_MAX))));
    }
    for (const answered of asked) {
      const kept = await answered;
      ask.signal?.throwIfAborted();
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
        ask.came?.(record);
      }
    }
  }

  async #scan(missing: ReadonlyMap<string, Content>, found: Map<string, ParseRecord>, ask: RecordsAsk): Promise<void> {
    const total = found.size + missing.size;
    const running = new Set<Promise<void>>();
    let [batch, bytes, isMuch]: [[Content, Uint8Array][], number, boolean] = [[], 0, false];
    const send = async () => {
      const work = this.#scanBatch(batch, found, isMuch, ask).finally(() => {
        running.delete(work);
        ask.progress?.(found.size, total);
      });
      work.catch(() => {}); // Whoever waits for all of them is told.
      running.add(work);
      [batch, bytes] = [[], 0];
      if (!isMuch || running.size >= BATCHES_AHEAD) await Promise.race(running);
    };
    await ask.read([...missing.values()], async (content, read) => {
      batch.push([content, read]);
      bytes += read.byteLength;
      if (bytes < (isMuch ? BATCH_BYTES : HERE_BYTES) && batch.length < RECORDS_MAX) return;
      // What one slice holds is done here: another thread would take longer to begin.
      isMuch ||= this.#options.scan !== undefined;
      await send();
    });
    if (batch.length > 0) await send();
    await Promise.all(running);
  }

  async #scanBatch(
    batch: readonly (readonly [Content, Uint8Array])[],
    found: Map<string, ParseRecord>,
    isMuch: boolean,
    ask: RecordsAsk,
  ): Promise<void> {
    const { signal } = ask;
    const sources = batch.map(([{ language }, bytes]) => ({ language, bytes }));
    const encoded = isMuch || this.#isHard(sources) ? await this.#elsewhere(sources, signal) : await this.#here(sources, signal);
    if (encoded === undefined && batch.length > 1) {
      for (const each of batch) await this.#scanBatch([each], found, true, ask);
      return;
    }
    const kept = new Map<string, Uint8Array>();
    for (const [index, [{ language, blob }]] of batch.entries()) {
      const bytes = encoded?.[index];
      const key = recordKey(language, blob);
      this.#stats[bytes ? "parsed" : "scanFailures"]++;
      if (bytes) {
        const record = ownRecord(bytes, language);
        this.#hold(key, record, found);
        ask.came?.(record);
        if (isForGood(record)) kept.set(key, bytes);
      } else {
        found.set(key, silent(language));
      }
    }
    const { store } = this.#options;
    if (store && kept.size > 0) await this.#tolerant(() => store.put(kept));
  }

  /** Grammars take long to load, and some sources long to parse: neither holds up this thread if there are others. */
  #isHard(sources: readonly Source[]): boolean {
    return this.#options.scan !== undefined && sources.some(({ language }) => grammarQueries.has(language as GrammarLanguage));
  }

  async #here(sources: readonly Source[], signal: Abortable | undefined): Promise<readonly Uint8Array[]> {
    await this.#options.clock.sleep(0, signal);
    return eachOf(await this.#scanner.scan(sources));
  }

  /** Undefined: it failed, in a way that has nothing to do with whoever asked. */
  async #elsewhere(sources: readonly Source[], signal: Abortable | undefined): Promise<readonly Uint8Array[] | undefined> {
    try {
      return await this.#options.scan?.(sources, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (MillraceError.is(error, "shutting_down")) throw error;
      return undefined;
    }
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

/** A grammar that was given too little time on a busy machine may have more on another: what is said without it is nobody else's. */
const isForGood = (record: ParseRecord): boolean =>
  // Its tier is asked for where it matters alone: it is read from the record's bytes.
  !(grammarQueries.has(record.language as GrammarLanguage) && record.tier === "words");

/** Of a file that could not be scanned: it is listed all the same. */
const silent = (language: Language): ParseRecord => {
  const none = { names: [], counts: [] };
  return { language, tier: "words", lines: 0, definitions: [], identifiers: none, words: none, imports: [] };
};
