// Key-value in Redis or Valkey: shared by many machines, and as durable as the server is configured to be.
// Keys are `<namespace>:<key>`; a namespace holds no ":", so none contains another. How much the server holds, and what
// it forgets when full, is its own `maxmemory` and `maxmemory-policy`; a refusal arrives as `store_unavailable`.
// Expiry is the server's, by the server's wall clock: stepping that clock moves expiry with it.

import { checkKey, checkNamespace, checkPrefix, checkValue, type KeyValue } from "../../ports/index.ts";
import { RedisConnection, type RedisConnectionOptions } from "./redis-connection.ts";

const KEYS_PER_PAGE = "256";
const COMMAND_OVERHEAD_BYTES = 256;
/** Redis refuses expiry times beyond 63 bits of milliseconds; this is a hundred thousand years. */
const TTL_MS_MAX = 2 ** 51;

export interface RedisKeyValueOptions extends RedisConnectionOptions {
  /** See checkNamespace in ports. */
  namespace: string;
}

export class RedisKeyValue implements KeyValue {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  /** Does not connect: the first command does, so that a server may start while Redis is away. */
  constructor(options: RedisKeyValueOptions) {
    checkNamespace(options.namespace);
    this.#prefix = `${options.namespace}:`;
    this.#connection = new RedisConnection(options);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key);
    const value = await this.#connection.run(commandBytes(key), (client) => client.getBuffer(this.#prefix + key));
    return value ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
  }

  async set(key: string, value: Uint8Array, options: { ttlMs?: number } = {}): Promise<void> {
    checkKey(key);
    checkValue(value, options.ttlMs);
    const { ttlMs } = options;
    await this.#connection.run(commandBytes(key) + value.byteLength, (client) =>
      ttlMs === undefined
        ? client.set(this.#prefix + key, value)
        : client.set(this.#prefix + key, value, "PX", Math.min(Math.ceil(ttlMs), TTL_MS_MAX)),
    );
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return (await this.#connection.run(commandBytes(key), (client) => client.del(this.#prefix + key))) > 0;
  }

  async *scan(prefix: string): AsyncGenerator<string, void, undefined> {
    checkPrefix(prefix);
    const pattern = `${escapeGlob(this.#prefix + prefix)}*`;
    // SCAN may name a key twice when the server's table is resized meanwhile; the set is as large as what is found.
    const seen = new Set<string>();
    let cursor = "0";
    do {
      const [next, keys] = await this.#connection.run(commandBytes(pattern), (client) =>
        client.scan(cursor, "MATCH", pattern, "COUNT", KEYS_PER_PAGE),
      );
      for (const key of keys) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key.slice(this.#prefix.length);
      }
      cursor = next;
    } while (cursor !== "0");
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

function commandBytes(key: string): number {
  return key.length + COMMAND_OVERHEAD_BYTES;
}

/** So that the characters of Redis' glob patterns stand for themselves. */
function escapeGlob(literal: string): string {
  return literal.replace(/[*?[\]\\]/g, "\\$&");
}
