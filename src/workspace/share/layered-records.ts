// Port RecordStore over two others: one near, which is asked first and keeps whatever is found, and one far, which colleagues share. What is new
// goes to the far one behind the caller's back. A far one that fails costs time once, and then is left in peace for a while.

import type { Clock } from "../../base/index.ts";
import { checkRecords, RECORDS_MAX, type RecordStore } from "../../ports/index.ts";

export interface LayeredRecordsOptions {
  /** Undefined: nothing is kept near. */
  readonly near: RecordStore | undefined;
  readonly far: RecordStore;
  readonly clock: Clock;
  /** Told each time that the far one fails after it had answered, or at first. */
  readonly trouble: (error: unknown) => void;
  /** New records that wait for the far one; more are not told to it. Default 64 MB. */
  readonly waitingBytesMax?: number;
  /** For what still waits when it is closed. Default 10,000. */
  readonly closeMsMax?: number;
}

const WAITING_BYTES = 64 * 1024 * 1024;
const CLOSE_MS = 10_000;
const PEACE_MS = 30_000;
/** Told at once. */
const BATCH_BYTES = 16 * 1024 * 1024;

export class LayeredRecords implements RecordStore {
  readonly #options: Required<LayeredRecordsOptions>;
  readonly #waiting = new Map<string, Uint8Array>();
  #waitingBytes = 0;
  #telling: Promise<void> | undefined;
  /** By the monotonic clock. */
  #peaceUntilMs = Number.NEGATIVE_INFINITY;
  #isInTrouble = false;
  readonly #stats = { fromFar: 0, dropped: 0 };

  constructor(options: LayeredRecordsOptions) {
    this.#options = { waitingBytesMax: WAITING_BYTES, closeMsMax: CLOSE_MS, ...options };
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    checkRecords(keys);
    const { near, far } = this.#options;
    const found = new Map(near ? await near.get(keys) : []);
    const missing = [...new Set(keys)].filter((key) => !found.has(key));
    const fetched = missing.length === 0 ? undefined : await this.#tried(() => far.get(missing));
    if (!fetched || fetched.size === 0) return found;
    this.#stats.fromFar += fetched.size;
    await near?.put(fetched);
    for (const [key, bytes] of fetched) found.set(key, bytes);
    return found;
  }

  async put(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const { near, waitingBytesMax } = this.#options;
    if (near) await near.put(records);
    else checkRecords(records.keys(), records.values());
    for (const [key, bytes] of records) {
      if (this.#waiting.has(key)) continue;
      if (this.#isAtPeace() || this.#waitingBytes + bytes.byteLength > waitingBytesMax) {
        this.#stats.dropped++;
        continue;
      }
      this.#waiting.set(key, bytes.slice());
      this.#waitingBytes += bytes.byteLength;
    }
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
  }

  stats(): { readonly fromFar: number; readonly dropped: number } {
    return { ...this.#stats };
  }

  /** Once what waits for the far one is told, or took too long. */
  async close(): Promise<void> {
    const { near, far, clock, closeMsMax } = this.#options;
    const late = Promise.withResolvers<void>();
    const cancel = clock.schedule(closeMsMax, late.resolve);
    await Promise.race([this.#telling, late.promise]);
    cancel();
    await Promise.all([near?.close(), far.close()]);
  }

  async #tell(): Promise<void> {
    // What comes at once is told at once.
    await this.#options.clock.sleep(0);
    while (this.#waiting.size > 0) {
      const batch = new Map<string, Uint8Array>();
      let bytes = 0;
      for (const [key, record] of this.#waiting) {
        if (batch.size === RECORDS_MAX || (batch.size > 0 && bytes + record.byteLength > BATCH_BYTES)) break;
        batch.set(key, record);
        bytes += record.byteLength;
        this.#waiting.delete(key);
      }
      this.#waitingBytes -= bytes;
      const isTold = await this.#tried(() => this.#options.far.put(batch).then(() => true));
      if (!isTold) this.#stats.dropped += batch.size;
    }
  }

  /** Undefined: it failed, or is left in peace. */
  async #tried<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#isAtPeace()) return undefined;
    const { clock, trouble } = this.#options;
    try {
      const result = await work();
      this.#isInTrouble = false;
      return result;
    } catch (error) {
      this.#peaceUntilMs = clock.monotonic() + PEACE_MS;
      if (!this.#isInTrouble) trouble(error);
      this.#isInTrouble = true;
      return undefined;
    }
  }

  #isAtPeace(): boolean {
    return this.#options.clock.monotonic() < this.#peaceUntilMs;
  }
}
