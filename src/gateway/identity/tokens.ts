// Millrace's own tokens: made, listed, revoked and verified over any key-value store. Only the SHA-256 of a token is
// kept, under `token/<64 hex digits>`, and looked up whole. 256 random bits need no salt and no slow hash.
// A revoked token is refused at once by the process that revoked it, by others after the cache's life (5 s).
// Deliberately without roles: scopes are carried, whoever serves a route judges them.

import { type Clock, type IdSource, MillraceError, orAbort, type Random } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { sha256 } from "./digest.ts";
import type { Identity } from "./identity.ts";
import { nameProblem, scopesProblem, tenantProblem } from "./name-rule.ts";
import type { CredentialRefusal } from "./refusal.ts";
import { decodeRecord, encodeRecord, type TokenRecord } from "./token-record.ts";
import { VerifiedCache } from "./verified-cache.ts";

export const TOKEN_PREFIX = "mr_";
const TOKEN = /^mr_[A-Za-z0-9_-]{43}$/;
const TOKEN_LENGTH = TOKEN_PREFIX.length + 43;
const KEY_PREFIX = "token/";
/** How long a record stays listed after its token expired or was revoked. Afterwards the token is merely unknown. */
const KEPT_AFTER_END_MS = 90 * 24 * 3_600_000;
const READS_AT_ONCE = 64;

export interface NewToken {
  readonly user: string;
  readonly team: string;
  /** `default` unless named. */
  readonly tenant?: string;
  readonly scopes?: readonly string[];
  /** Milliseconds since the Unix epoch. Without it the token stays valid until it is revoked. */
  readonly expiresAt?: number;
}

export interface TokenStoreOptions {
  readonly store: KeyValue;
  readonly clock: Clock;
  /** `systemRandom` wherever tokens protect anything. */
  readonly random: Random;
  readonly ids: IdSource;
  /** How long a verified or refused token is remembered. Default 5,000. */
  readonly cacheLifeMs?: number;
  /** Default 10,000 verified tokens. */
  readonly verifiedMax?: number;
  /** Default 1,000 refused tokens: apart, so that guesses cannot push out callers. */
  readonly refusedMax?: number;
  /** How long one verification waits for the store. Default 2,000. */
  readonly storeWaitMsMax?: number;
  /** `create` refuses beyond this. Default 100,000. */
  readonly tokensMax?: number;
}

type Verdict = Identity | CredentialRefusal;
interface Verified {
  readonly identity: Identity;
  readonly expiresAt: number;
}

const UNKNOWN: CredentialRefusal = { refused: "unknown" };
const EXPIRED: CredentialRefusal = { refused: "expired" };
const REVOKED: CredentialRefusal = { refused: "revoked" };
const UNAVAILABLE: CredentialRefusal = { refused: "unavailable" };

export class TokenStore {
  readonly #store: KeyValue;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ids: IdSource;
  readonly #cacheLifeMs: number;
  readonly #storeWaitMsMax: number;
  readonly #tokensMax: number;
  readonly #verified: VerifiedCache<Verified>;
  readonly #refused: VerifiedCache<CredentialRefusal>;
  /** One store lookup a token at a time, however many calls wait for it. */
  readonly #lookups = new Map<string, Promise<Verdict>>();
  #revocations = 0;

  constructor(options: TokenStoreOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#ids = options.ids;
    this.#cacheLifeMs = within("cacheLifeMs", options.cacheLifeMs ?? 5_000, 0, 60_000);
    this.#storeWaitMsMax = within("storeWaitMsMax", options.storeWaitMsMax ?? 2_000, 1, 60_000);
    this.#tokensMax = within("tokensMax", options.tokensMax ?? 100_000, 1, 10_000_000);
    this.#verified = new VerifiedCache(options.clock, options.verifiedMax ?? 10_000);
    this.#refused = new VerifiedCache(options.clock, options.refusedMax ?? 1_000);
  }

  /**
   * Makes a token. Its text is in the answer and nowhere else, ever again.
   * Throws `option_invalid` for names, scopes or times that cannot be used; `store_unavailable` when it cannot be kept.
   */
  async create(wanted: NewToken): Promise<{ token: string; record: TokenRecord }> {
    const { user, team, tenant = "default", scopes = [], expiresAt } = wanted;
    refuseProblem("user", nameProblem(user));
    refuseProblem("team", nameProblem(team));
    refuseProblem("tenant", tenantProblem(tenant));
    refuseProblem("list of scopes", scopesProblem(scopes));
    const now = this.#clock.now();
    if (expiresAt !== undefined && !(Number.isFinite(expiresAt) && expiresAt > now)) {
      refuseProblem("expiry", "is not in the future: give a later time, or none");
    }
    let count = 0;
    for await (const _key of this.#store.scan(KEY_PREFIX)) count++;
    if (count >= this.#tokensMax) refuseProblem("token list", `is full with ${count} tokens: revoke some, or raise the limit`);
    const token = TOKEN_PREFIX + Buffer.from(this.#random.bytes(32)).toString("base64url");
    const digest = sha256(token);
    const record: TokenRecord = {
      id: this.#ids(),
      tenant,
      team,
      user,
      scopes: [...scopes],
      createdAt: now,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    await this.#write(digest, record);
    return { token, record };
  }

  /**
   * Every record, newest first; also of tokens that expired or were revoked within the last 90 days.
   * Throws `store_corrupt` when one of them cannot be read.
   */
  async list(): Promise<TokenRecord[]> {
    const records: TokenRecord[] = [];
    for await (const [digest, value] of this.#values()) records.push(decodeRecord(digest, value));
    return records.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  /** Ends a token. Returns its record, or undefined when there is no such id. Revoking twice keeps the first time. */
  async revoke(id: string): Promise<TokenRecord | undefined> {
    for await (const [digest, value] of this.#values()) {
      const record = readable(digest, value);
      if (record?.id !== id) continue;
      const revoked = { ...record, revokedAt: record.revokedAt ?? this.#clock.now() };
      await this.#write(digest, revoked);
      this.#revocations++;
      this.#lookups.delete(digest);
      this.#verified.delete(digest);
      return revoked;
    }
    return undefined;
  }

  /**
   * Who holds this token, or why nobody does; without a promise when it was verified within the last seconds.
   * Never throws and never repeats the token. Anything that is not exactly a token's shape costs one comparison.
   */
  verify(token: string): Verdict | Promise<Verdict> {
    if (token.length !== TOKEN_LENGTH || !TOKEN.test(token)) return UNKNOWN;
    const digest = sha256(token);
    const verified = this.#verified.get(digest);
    if (verified !== undefined) return this.#clock.now() < verified.expiresAt ? verified.identity : EXPIRED;
    const refused = this.#refused.get(digest);
    if (refused !== undefined) return refused;
    return this.#lookups.get(digest) ?? this.#lookUpOnce(digest);
  }

  #lookUpOnce(digest: string): Promise<Verdict> {
    const lookup = this.#lookUp(digest);
    this.#lookups.set(digest, lookup);
    void lookup.then(() => this.#lookups.delete(digest));
    return lookup;
  }

  /** Never rejects: whatever goes wrong between here and the record is no fault of the caller. */
  async #lookUp(digest: string): Promise<Verdict> {
    const revocations = this.#revocations;
    const deadline = new AbortController();
    const cancel = this.#clock.schedule(this.#storeWaitMsMax, () => deadline.abort(new Error("The token store is too slow.")));
    try {
      const value = await orAbort(this.#store.get(KEY_PREFIX + digest), deadline.signal);
      const record = value && decodeRecord(digest, value);
      // A record read before a revocation is still right for this call, but must not be remembered.
      return this.#judge(digest, record, revocations === this.#revocations);
    } catch {
      return UNAVAILABLE;
    } finally {
      cancel();
    }
  }

  #judge(digest: string, record: TokenRecord | undefined, remember: boolean): Verdict {
    const refusal = this.#refusalOf(record);
    if (refusal !== undefined) {
      if (remember) this.#refused.set(digest, refusal, this.#cacheLifeMs);
      return refusal;
    }
    const { tenant, team, user, scopes, expiresAt = Number.POSITIVE_INFINITY } = record as TokenRecord;
    const identity: Identity = { tenant, team, user, scopes, kind: "token" };
    if (remember) this.#verified.set(digest, { identity, expiresAt }, this.#cacheLifeMs);
    return identity;
  }

  #refusalOf(record: TokenRecord | undefined): CredentialRefusal | undefined {
    if (record === undefined) return UNKNOWN;
    if (record.revokedAt !== undefined) return REVOKED;
    return record.expiresAt !== undefined && record.expiresAt <= this.#clock.now() ? EXPIRED : undefined;
  }

  async #write(digest: string, record: TokenRecord): Promise<void> {
    const endsAt = Math.min(record.expiresAt ?? Number.POSITIVE_INFINITY, record.revokedAt ?? Number.POSITIVE_INFINITY);
    const leftMs = endsAt + KEPT_AFTER_END_MS - this.#clock.now();
    const options = Number.isFinite(leftMs) ? { ttlMs: Math.max(1, leftMs) } : {};
    await this.#store.set(KEY_PREFIX + digest, encodeRecord(digest, record), options);
  }

  async *#values(): AsyncGenerator<[digest: string, value: Uint8Array]> {
    const digests: string[] = [];
    for await (const key of this.#store.scan(KEY_PREFIX)) digests.push(key.slice(KEY_PREFIX.length));
    for (let start = 0; start < digests.length; start += READS_AT_ONCE) {
      const some = digests.slice(start, start + READS_AT_ONCE);
      const values = await Promise.all(some.map(async (digest) => [digest, await this.#store.get(KEY_PREFIX + digest)] as const));
      for (const [digest, value] of values) if (value !== undefined) yield [digest, value];
    }
  }
}

/** One damaged record must not keep the operator from revoking the others. */
function readable(digest: string, value: Uint8Array): TokenRecord | undefined {
  try {
    return decodeRecord(digest, value);
  } catch {
    return undefined;
  }
}

function refuseProblem(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new MillraceError("option_invalid", `The ${what} ${problem}.`);
}

function within(option: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new MillraceError("option_invalid", `${option} must be a number from ${least} to ${most}.`);
}
