// One connection to a Redis or Valkey server, made when first needed and again after it broke.
// Invariants: no command waits longer than connectTimeoutMs + commandTimeoutMs; what waits for answers is bounded by
// pendingBytesMax; a server that is away is tried at most once every reconnectWaitMs, whatever the traffic.
// A command whose answer did not come in time ends the connection: the commands behind it could only wait as well, and
// the driver would keep them. Nothing is sent twice: the caller decides whether trying again is safe.

import { RedisClient } from "bun";
import { type Clock, MillraceError } from "../../base/index.ts";

const PROTOCOLS = ["redis:", "rediss:", "valkey:", "valkeys:"];

export interface RedisConnectionOptions {
  /** redis://, rediss:// (TLS), valkey:// or valkeys://, with user, password and database number where needed. */
  url: string;
  clock: Clock;
  /** Default 2,000. */
  connectTimeoutMs?: number;
  /** How long one command may wait for its answer. Default 1,000. */
  commandTimeoutMs?: number;
  /** How long after a failed attempt to connect the next is made. Default 250. */
  reconnectWaitMs?: number;
  /** How many bytes of commands may wait for an answer; more are refused at once. Default 64 MiB. */
  pendingBytesMax?: number;
}

const DEFAULTS = {
  connectTimeoutMs: 2000,
  commandTimeoutMs: 1000,
  reconnectWaitMs: 250,
  pendingBytesMax: 64 * 1024 * 1024,
};

export class RedisConnection {
  readonly #options: Required<RedisConnectionOptions>;
  #client: RedisClient | undefined;
  #connecting: Promise<RedisClient> | undefined;
  #tryAgainAtMs = Number.NEGATIVE_INFINITY;
  #pendingBytes = 0;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = { ...DEFAULTS, ...options };
    for (const name of ["connectTimeoutMs", "commandTimeoutMs", "reconnectWaitMs", "pendingBytesMax"] as const) {
      if (Number.isSafeInteger(this.#options[name]) && this.#options[name] >= 1) continue;
      throw new MillraceError("option_invalid", `The Redis store needs ${name}: a whole number of at least 1.`);
    }
    // The address may hold a password, so it is in no message.
    if (PROTOCOLS.includes(URL.parse(options.url)?.protocol ?? "")) return;
    throw new MillraceError("option_invalid", `The Redis store needs a URL that begins with one of ${PROTOCOLS.join(" ")}//`);
  }

  /** Sends what `command` sends. Throws `store_unavailable`; `store_corrupt` for a key that holds another kind of value. */
  async run<T>(sizeBytes: number, command: (client: RedisClient) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    if (this.#pendingBytes + sizeBytes > this.#options.pendingBytesMax) {
      throw unavailable("Too many bytes wait for Redis to answer; this command was not sent.");
    }
    this.#pendingBytes += sizeBytes;
    try {
      const client = this.#client?.connected ? this.#client : await this.#connect();
      return await this.#inTime(client, this.#options.commandTimeoutMs, command(client));
    } catch (error) {
      throw asMillraceError(error);
    } finally {
      this.#pendingBytes -= sizeBytes;
    }
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  #connect(): Promise<RedisClient> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #open(): Promise<RedisClient> {
    const { url, clock, connectTimeoutMs, reconnectWaitMs } = this.#options;
    if (clock.monotonic() < this.#tryAgainAtMs) throw unavailable("Redis did not answer a moment ago and is not tried yet.");
    this.#client?.close();
    const client = new RedisClient(url, { connectionTimeout: connectTimeoutMs, autoReconnect: false, enableOfflineQueue: false });
    this.#client = client;
    try {
      await this.#inTime(client, connectTimeoutMs, client.connect());
    } catch (error) {
      this.#tryAgainAtMs = clock.monotonic() + reconnectWaitMs;
      throw error;
    }
    this.#refuseClosed();
    return client;
  }

  /** `work`, or an error after `limitMs`; then the connection is closed too. */
  #inTime<T>(client: RedisClient, limitMs: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.schedule(limitMs, () => {
        reject(unavailable(`Redis did not answer within ${limitMs} ms.`));
        client.close();
      });
      work.then(resolve, reject).finally(cancel);
    });
  }

  #refuseClosed(): void {
    if (this.#closed) throw unavailable("The Redis store is closed.");
  }
}

function unavailable(message: string, cause?: unknown): MillraceError {
  return new MillraceError("store_unavailable", message, { cause });
}

function asMillraceError(error: unknown): MillraceError {
  if (MillraceError.is(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.startsWith("WRONGTYPE")) {
    return new MillraceError("store_corrupt", "Redis holds another kind of value under this key.", { cause: error });
  }
  return unavailable(`Redis refused or lost the command: ${reason}.`, error);
}
