// The keys of a token issuer, fetched from its JWKS URL (RFC 7517) and kept. jose chooses and imports the key; this
// file only decides when to fetch. Own code instead of jose's `createRemoteJWKSet`, because that one reads the system's
// clock, fetches again for every call while the issuer is down, and drops the keys it has at the end of their life.
// Invariant: at most one fetch runs at a time, and none begins within 30 s of the one before.

import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from "jose";
import { type Clock, concat, MillraceError, orAbort, text } from "../../base/index.ts";
import { isLoopbackHost } from "./loopback.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RemoteKeysOptions {
  /** `https:`, or `http:` to a loopback host: who can change the keys on their way can be anyone. */
  readonly url: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
}

type LocalKeys = ReturnType<typeof createLocalJWKSet>;
type Key = Awaited<ReturnType<LocalKeys>>;

/** Keys older than this are fetched again before they are used. */
const FRESH_MS = 10 * 60_000;
/** For how long after that the old keys are used when the issuer does not answer. */
const GRACE_MS = 60 * 60_000;
/** Least time between two fetches, so that made-up key ids cannot be turned on the issuer. */
const COOL_DOWN_MS = 30_000;
const FETCH_MS_MAX = 5_000;
const BODY_BYTES_MAX = 1024 * 1024;

/** The issuer could not be asked, so a token can be neither accepted nor refused. */
export class KeysUnavailable extends Error {}

export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  #keys: LocalKeys | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  #fetching: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    const url = URL.parse(options.url);
    if (!url || !(url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname)))) {
      throw new MillraceError("option_invalid", "The JWKS URL must start with https:// (http:// is for this machine only).");
    }
  }

  /** The key for this header. Throws jose's `JWKSNoMatchingKey` when there is none, `KeysUnavailable` when that is not known. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<Key> {
    if (this.#ageMs() >= FRESH_MS) await this.#refresh();
    const keys = this.#usable();
    if (!keys) throw new KeysUnavailable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // Perhaps the issuer changed its keys since.
    await this.#load();
    if (this.#failing) throw new KeysUnavailable();
    return (this.#usable() as LocalKeys)(header, token);
  }

  #ageMs(): number {
    return this.#options.clock.monotonic() - this.#loadedAt;
  }

  #usable(): LocalKeys | undefined {
    return this.#ageMs() < FRESH_MS + GRACE_MS ? this.#keys : undefined;
  }

  /** Waits for new keys; once a fetch has failed, callers go on with the old ones while it is tried again. */
  async #refresh(): Promise<void> {
    const load = this.#load();
    if (!(this.#failing && this.#usable())) await load;
  }

  /** Fetches unless that was tried just now. Never rejects; `#failing` tells how it went. */
  #load(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const now = this.#options.clock.monotonic();
    if (now - this.#triedAt < COOL_DOWN_MS) return Promise.resolve();
    this.#triedAt = now;
    this.#fetching = this.#fetchKeys()
      .then(
        (keys) => {
          this.#keys = keys;
          this.#loadedAt = this.#options.clock.monotonic();
          this.#failing = false;
        },
        () => {
          this.#failing = true;
        },
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetchKeys(): Promise<LocalKeys> {
    const { url, clock, fetch } = this.#options;
    const deadline = new AbortController();
    const cancel = clock.schedule(FETCH_MS_MAX, () => deadline.abort(new Error("The issuer's keys took too long.")));
    const get = async () => {
      const headers = { accept: "application/json, application/jwk-set+json" };
      const response = await fetch(url, { headers, redirect: "manual", signal: deadline.signal });
      if (response.status !== 200) throw new Error(`The issuer answered ${response.status}.`);
      return createLocalJWKSet(JSON.parse(text(await readBounded(response))));
    };
    try {
      return await orAbort(get(), deadline.signal);
    } finally {
      cancel();
      deadline.abort();
    }
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    sizeBytes += part.byteLength;
    if (sizeBytes > BODY_BYTES_MAX) throw new Error("The issuer's keys are too large.");
    parts.push(part);
  }
  return concat(parts, sizeBytes);
}
