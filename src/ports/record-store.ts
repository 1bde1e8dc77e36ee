// Port: small records that never change under their key, asked for and kept many at a time. For what can be computed again: a store may forget
// any of them. No expiry, no order, no replacing: those belong to key-value.
// Every implementation passes ports/conformance/record-store.ts.

import { MillraceError } from "../base/index.ts";

export const RECORD_KEY_BYTES_MAX = 200;
export const RECORD_BYTES_MAX = 8 * 1024 * 1024;
/** In one call. */
export const RECORDS_MAX = 1000;

export interface RecordStore {
  /**
   * Those of the keys that are there. The bytes belong to the caller.
   * Rejects with `key_invalid` as `checkRecords` says, and `store_unavailable`.
   */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Keeps them, all or none. What is there under a key stays. Rejects as `get`; with `store_unavailable` too when they are more than it may hold. */
  put(records: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Releases files and connections. Later calls reject with `store_unavailable`. */
  close(): Promise<void>;
}

/** Keys are ASCII letters, digits and `._:-`, 1 to RECORD_KEY_BYTES_MAX of them. Throws `key_invalid` for others, too many and too large ones. */
export function checkRecords(keys: Iterable<string>, values: Iterable<Uint8Array> = []): void {
  let count = 0;
  for (const key of keys) {
    count++;
    if (key.length > RECORD_KEY_BYTES_MAX || !/^[\w.:-]+$/.test(key)) {
      throw new MillraceError(
        "key_invalid",
        `A record's key is 1 to ${RECORD_KEY_BYTES_MAX} letters, digits, ".", "_", ":" or "-".`,
      );
    }
  }
  if (count > RECORDS_MAX) throw new MillraceError("key_invalid", `At most ${RECORDS_MAX} records go in a call.`);
  for (const { byteLength } of values) {
    if (byteLength > RECORD_BYTES_MAX) throw new MillraceError("key_invalid", `A record has at most ${RECORD_BYTES_MAX} bytes.`);
  }
}
