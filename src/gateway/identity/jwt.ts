// JWTs of another issuer: signature, issuer, audience and times are checked by jose, then claims become an identity.
// A verified token is remembered by the SHA-256 of its whole text until it expires, for one minute at most.
// Deliberately without introspection and revocation: a JWT ends when it expires or its key leaves the issuer's set.

import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { type Clock, MillraceError } from "../../base/index.ts";
import { sha256 } from "./digest.ts";
import type { Identity } from "./identity.ts";
import { type Fetch, KeysUnavailable } from "./jwks.ts";
import { type JwtKeySource, jwtKey } from "./jwt-key.ts";
import { nameProblem, scopesProblem, tenantProblem } from "./name-rule.ts";
import type { CredentialRefusal } from "./refusal.ts";
import { VerifiedCache } from "./verified-cache.ts";

/** Claim names; of several, the first that the token has counts. */
export interface JwtClaims {
  /** Default `tenant`, then `org`. A token with neither belongs to `default`. */
  readonly tenant?: string | readonly string[];
  /** Default `team`. A token without it belongs to `default`. */
  readonly team?: string | readonly string[];
  /** Default `sub`. A token without it is refused. */
  readonly user?: string | readonly string[];
  /** Default `scope`: a text with spaces between, or an array. */
  readonly scopes?: string | readonly string[];
}

export interface JwtVerifierOptions extends JwtKeySource {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly clock: Clock;
  /** For the JWKS URL. */
  readonly fetch: Fetch;
  /** How far the issuer's clock may be off. Default 30, at most 300. */
  readonly clockToleranceSeconds?: number;
  readonly claims?: JwtClaims;
  /** Default 10,000 verified tokens. */
  readonly verifiedMax?: number;
}

type Verdict = Identity | CredentialRefusal;
export interface JwtVerifier {
  /** Who the token speaks for, or why it is not accepted; without a promise when it was verified within the last minute. Never throws. */
  verify(token: string): Verdict | Promise<Verdict>;
}

const TOKEN_CHARACTERS_MAX = 16_384;
const REMEMBERED_MS_MAX = 60_000;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const FOREIGN: CredentialRefusal = { refused: "foreign", detail: "it was not made by the configured issuer" };

/** Three dot-separated parts of base64url, and not too long to be looked at. */
export const looksLikeJwt = (text: string): boolean => text.length <= TOKEN_CHARACTERS_MAX && SHAPE.test(text);

/** Throws `option_invalid` when issuer, audience, key or algorithms cannot be used. */
export function jwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const { issuer, clock, fetch, clockToleranceSeconds = 30, claims = {} } = options;
  const audience = typeof options.audience === "string" ? [options.audience] : [...options.audience];
  if (issuer === "" || audience.length === 0 || audience.includes("")) {
    throw new MillraceError(
      "option_invalid",
      "JWTs need an issuer and an audience: without them any token of the issuer would do.",
    );
  }
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 300)) {
    throw new MillraceError("option_invalid", "The clock tolerance for JWTs must be from 0 to 300 seconds.");
  }
  const { key, algorithms } = jwtKey(options, { clock, fetch });
  const remembered = new VerifiedCache<{ identity: Identity; expiresAt: number }>(clock, options.verifiedMax ?? 10_000);

  const check = async (token: string, digest: string): Promise<Verdict> => {
    let payload: JWTPayload;
    try {
      const currentDate = new Date(clock.now());
      const rules = { algorithms, issuer, audience, clockTolerance: clockToleranceSeconds, currentDate, requiredClaims: ["exp"] };
      // Both kinds of key go through jose's one entry; its overloads want them apart.
      payload = (typeof key === "function" ? await jwtVerify(token, key, rules) : await jwtVerify(token, key, rules)).payload;
    } catch (error) {
      return refusalFor(error);
    }
    const identity = identityOf(payload, claims);
    if ("refused" in identity) return identity;
    const expiresAt = (payload.exp as number) * 1000;
    remembered.set(digest, { identity, expiresAt }, Math.min(REMEMBERED_MS_MAX, expiresAt - clock.now()));
    return identity;
  };

  return {
    verify(token) {
      if (!looksLikeJwt(token)) return FOREIGN;
      const digest = sha256(token);
      const known = remembered.get(digest);
      // Wall time is asked again: it may have been set forward since.
      if (known !== undefined && clock.now() < known.expiresAt) return known.identity;
      return issuerOf(token) === issuer ? check(token, digest) : FOREIGN;
    },
  };
}

/** Read before anything is verified, and only to tell other people's tokens from ours. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function refusalFor(error: unknown): CredentialRefusal {
  if (error instanceof errors.JWTExpired) return { refused: "expired" };
  if (error instanceof KeysUnavailable) return { refused: "unavailable" };
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`its claim "${error.claim}" is missing or not accepted`);
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid("its algorithm is not accepted");
  if (error instanceof errors.JWKSNoMatchingKey) return invalid("the issuer does not list its key");
  return invalid("its signature or form is not accepted");
}

/** A claim that is there but cannot be used refuses the token: it never falls back to a default. */
function identityOf(payload: JWTPayload, claims: JwtClaims): Verdict {
  const tenant = claim(payload, claims.tenant ?? ["tenant", "org"], "default");
  const team = claim(payload, claims.team ?? "team", "default");
  const user = claim(payload, claims.user ?? "sub", undefined);
  const scope = claim(payload, claims.scopes ?? "scope", []);
  const scopes: unknown = typeof scope === "string" ? scope.split(" ").filter((part) => part !== "") : scope;
  if (tenantProblem(tenant) !== undefined) return invalid("its tenant is not a usable name");
  if (nameProblem(team) !== undefined) return invalid("its team is not a usable name");
  if (nameProblem(user) !== undefined) return invalid("its user is missing or not a usable name");
  if (!Array.isArray(scopes) || scopesProblem(scopes) !== undefined) return invalid("its scopes cannot be used");
  return { tenant: String(tenant), team: String(team), user: String(user), scopes, kind: "jwt" };
}

function claim(payload: JWTPayload, names: string | readonly string[], absent: unknown): unknown {
  const present = (typeof names === "string" ? [names] : names).find((name) => Object.hasOwn(payload, name));
  return present === undefined ? absent : payload[present];
}

const invalid = (detail: string): CredentialRefusal => ({ refused: "invalid", detail });
