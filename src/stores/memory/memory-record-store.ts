// Records in this process's memory. Invariant: never over bytesMax; those kept longest ago go first.

import { MillraceError } from "../../base/index.ts";
import { checkRecords, type RecordStore } from "../../ports/index.ts";

export interface MemoryRecordStoreOptions {
  /** How many bytes of keys and records may be held, with 64 more a record. */
  bytesMax: number;
}

/** What a record costs beyond its key and bytes. */
const OVERHEAD_BYTES = 64;

export class MemoryRecordStore implements RecordStore {
  readonly #bytesMax: number;
  /** In order of age. */
  readonly #records = new Map<string, Uint8Array>();
  #bytes = 0;
  #isClosed = false;

  constructor({ bytesMax }: MemoryRecordStoreOptions) {
    if (!Number.isSafeInteger(bytesMax) || bytesMax < 1) {
      throw new MillraceError("option_invalid", "The memory store of records needs bytesMax: a whole number of at least 1.");
    }
    this.#bytesMax = bytesMax;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    this.#refuseClosed();
    checkRecords(keys);
    const found = new Map<string, Uint8Array>();
    for (const key of keys) {
      const bytes = this.#records.get(key);
      if (bytes) found.set(key, bytes.slice());
    }
    return found;
  }

  async put(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#refuseClosed();
    checkRecords(records.keys(), records.values());
    const added = [...records].filter(([key]) => !this.#records.has(key));
    const bytes = added.reduce((all, [key, { byteLength }]) => all + costOf(key, byteLength), 0);
    if (bytes > this.#bytesMax) {
      throw new MillraceError("store_unavailable", `The memory store holds ${this.#bytesMax} bytes; these records are more.`);
    }
    for (const [key, { byteLength }] of this.#records) {
      if (this.#bytes + bytes <= this.#bytesMax) break;
      this.#records.delete(key);
      this.#bytes -= costOf(key, byteLength);
    }
    for (const [key, record] of added) this.#records.set(key, record.slice());
    this.#bytes += bytes;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#records.clear();
    this.#bytes = 0;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new MillraceError("store_unavailable", "The memory store of records is closed.");
  }
}

const costOf = (key: string, byteLength: number): number => key.length + byteLength + OVERHEAD_BYTES;
