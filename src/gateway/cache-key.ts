// What makes two calls the same question: everything that can change the answer, and nothing that cannot.
// Digests only: no prompt, name or credential can be read back from a key.

import { type ScopedKey, scopedKey } from "../mechanisms/cache/index.ts";
import type { WireAnswer } from "./dialects/dialect.ts";
import type { Exchange } from "./exchange.ts";
import { sha256, sha256Fields } from "./identity/digest.ts";
import type { Identity } from "./identity/identity.ts";

/** Who shares answers. An operator's choice; no header of a client can widen it. */
export type CacheScope = "user" | "team" | "tenant";

/** Raise it when the gateway begins to answer differently from what is stored. */
const TRANSFORM_VERSION = "1";

export interface CacheKeys {
  /** SHA-256 of the canonical body alone. */
  readonly bodyDigest: string;
  /** Of the answer in either wire form. */
  readonly answer: ScopedKey;
  /** Of the call in flight: bytes can be shared only among callers who want the same form. */
  readonly flight: ScopedKey;
}

/** SHA-256 over length-prefixed fields, inside the caller's scope. */
export function cacheKeysOf(exchange: Exchange, scope: CacheScope): CacheKeys {
  const { call, dialect, endpoint, facts, identity, target } = exchange;
  const bodyDigest = exchange.known?.bodyDigest ?? sha256(dialect.canonical(endpoint, facts));
  const id = sha256Fields(
    TRANSFORM_VERSION,
    dialect.name,
    endpoint,
    call.path,
    call.query,
    target.upstreamModel ?? "",
    ...dialect.behaviourHeaders.map((name) => call.headers.get(name) ?? ""),
    bodyDigest,
  );
  const wire: WireAnswer["wire"] = facts.stream ? "events" : "json";
  const sharers = scopeOf(identity, scope);
  return { bodyDigest, answer: scopedKey(sharers, id), flight: scopedKey(sharers, `${id}:${wire}`) };
}

function scopeOf({ tenant, team, user }: Identity, scope: CacheScope): string {
  if (scope === "tenant") return sha256Fields(tenant);
  return scope === "team" ? sha256Fields(tenant, team) : sha256Fields(tenant, team, user);
}
