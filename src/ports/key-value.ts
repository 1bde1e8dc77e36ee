// Port: bytes under a key, with an optional time to live. The smallest thing a cache tier, a token list or a
// counter needs. No order, no transactions, no queries: those belong to other ports.
// Every method refuses a key with unpaired surrogates by `key_invalid`; get and delete also a key that set refuses.
// Every implementation passes ports/conformance/key-value.ts.

export const KEY_BYTES_MAX = 1024;
export const VALUE_BYTES_MAX = 8 * 1024 * 1024;

export interface KeyValue {
  /**
   * The live value, or undefined when absent or expired. The array belongs to the caller. Without a promise where the
   * store has it on the calling thread: a read on the hot path then costs no turn. Rejects, and never throws.
   */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Stores or replaces. Without `ttlMs` the value stays until deleted, and replaces any earlier expiry.
   * Throws `key_invalid` for an empty key, a key over KEY_BYTES_MAX bytes of UTF-8, a key with unpaired surrogates,
   * a value over VALUE_BYTES_MAX or a `ttlMs` that is not a positive number; `store_unavailable` when it cannot be kept.
   */
  set(key: string, value: Uint8Array, options?: { ttlMs?: number }): Promise<void>;
  /** True when a live value was removed. */
  delete(key: string): Promise<boolean>;
  /** Keys of live values that start with `prefix`, each once, in no order. Keys written meanwhile may or may not appear. */
  scan(prefix: string): AsyncIterable<string>;
  /** Releases connections and files. Later calls throw `store_unavailable`. */
  close(): Promise<void>;
}
