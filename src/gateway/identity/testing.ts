// What the tests of this folder share: a key-value store over a Map that can be made to fail, wait and count, and a
// token store over it on virtual time.

import { MillraceError, seededRandom, uuidv7Source, VirtualClock } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { TokenStore, type TokenStoreOptions } from "./tokens.ts";

export class MapKeyValue implements KeyValue {
  readonly values = new Map<string, Uint8Array>();
  readonly ttls = new Map<string, number | undefined>();
  reads = 0;
  failing = false;
  /** While set, `get` answers what it read only after this settles. */
  gate: Promise<void> | undefined;

  async get(key: string): Promise<Uint8Array | undefined> {
    this.reads++;
    if (this.failing) throw new MillraceError("store_unavailable", "The store is down.");
    const value = this.values.get(key);
    await this.gate;
    return value;
  }

  async set(key: string, value: Uint8Array, options?: { ttlMs?: number }): Promise<void> {
    this.values.set(key, value);
    this.ttls.set(key, options?.ttlMs);
  }

  async delete(key: string): Promise<boolean> {
    return this.values.delete(key);
  }

  async *scan(prefix: string): AsyncGenerator<string> {
    for (const key of [...this.values.keys()]) if (key.startsWith(prefix)) yield key;
  }

  async close(): Promise<void> {}
}

export function tokenRig(options: Partial<TokenStoreOptions> = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const store = new MapKeyValue();
  const tokens = new TokenStore({ store, clock, random, ids: uuidv7Source(clock, random), ...options });
  return { clock, store, tokens };
}
