// From headers to an identity. A credential of Millrace's own decides alone, in whichever header it stands; then a JWT
// of the configured issuer; then, unless authentication is required, the caller's own key for the upstream.
// Invariant: what was refused as ours is never tried as something else, and a check that could not be made is no 401.

import { MillraceError } from "../../base/index.ts";
import { isMillraceToken, readCredentials } from "./credential.ts";
import { sha256, sha256Fields } from "./digest.ts";
import type { Identity } from "./identity.ts";
import { type JwtVerifier, looksLikeJwt } from "./jwt.ts";
import { PASSTHROUGH_TENANT_PREFIX } from "./name-rule.ts";
import type { CredentialRefusal, Refusal } from "./refusal.ts";
import type { TokenStore } from "./tokens.ts";

export interface AuthenticateOptions {
  /** True: a call without a valid token or JWT is refused. False: it is served under its own key, or as the local user. */
  readonly required: boolean;
  readonly tokens?: Pick<TokenStore, "verify">;
  readonly jwt?: JwtVerifier;
}

/** Without a promise whenever the credential is remembered or needs no check. Never throws or rejects. */
export type Authenticate = (headers: Headers) => Identity | Refusal | Promise<Identity | Refusal>;

const CREDENTIAL_CHARACTERS_MAX = 16_384;
const HOW_TO_GET_ONE = "Create one with `millrace token create --user NAME --team NAME` and send it as the API key.";
const UNAVAILABLE_RETRY_SECONDS = 2;
const LOCAL: Identity = { tenant: "default", team: "default", user: "local", scopes: [], kind: "local" };
const UNKNOWN: CredentialRefusal = { refused: "unknown" };

/** Throws `option_invalid` when authentication is required and there is nothing to check it with. */
export function authenticate(options: AuthenticateOptions): Authenticate {
  const { required, tokens, jwt } = options;
  if (required && !tokens && !jwt) {
    throw new MillraceError("option_invalid", "Authentication is required, but neither tokens nor JWTs are configured.");
  }

  const withoutOurs = (credentials: readonly string[]): Identity | Refusal => {
    if (!required) return credentials.length === 0 ? LOCAL : passthrough(credentials);
    if (credentials.length === 0) return refusal(`This server needs a Millrace token. ${HOW_TO_GET_ONE}`);
    return refusal(`This server does not know your API key: it needs a Millrace token. ${HOW_TO_GET_ONE}`);
  };

  const withJwt = (claimed: readonly string[], credentials: readonly string[]): ReturnType<Authenticate> => {
    const [first, ...others] = claimed;
    if (!jwt || first === undefined) return withoutOurs(credentials);
    const answer = (verdict: Identity | CredentialRefusal) =>
      "refused" in verdict && verdict.refused === "foreign" ? withJwt(others, credentials) : answerJwt(verdict);
    const verdict = jwt.verify(first);
    return verdict instanceof Promise ? verdict.then(answer) : answer(verdict);
  };

  return (headers) => {
    const credentials = readCredentials(headers);
    if (credentials.some((credential) => credential.length > CREDENTIAL_CHARACTERS_MAX)) {
      return refusal("The credential is too long to be one: check the API key you configured.");
    }
    const own = credentials.find(isMillraceToken);
    if (own !== undefined) {
      const verdict = tokens ? tokens.verify(own) : UNKNOWN;
      return verdict instanceof Promise ? verdict.then(answerToken) : answerToken(verdict);
    }
    return withJwt(jwt ? credentials.filter(looksLikeJwt) : [], credentials);
  };
}

/**
 * A caller with a key for the upstream is a tenant of its own. Of two keys the upstream may honour either, so both
 * make the tenant: callers who share one placeholder key are still told apart by the other.
 */
function passthrough(credentials: readonly string[]): Identity {
  const [only, second] = credentials as readonly [string, string?];
  const digest = second === undefined ? sha256(only) : sha256Fields(only, second);
  return { tenant: PASSTHROUGH_TENANT_PREFIX + digest, team: "default", user: "default", scopes: [], kind: "passthrough" };
}

function answerToken(verdict: Identity | CredentialRefusal): Identity | Refusal {
  if (!("refused" in verdict)) return verdict;
  if (verdict.refused === "unavailable") return unavailable("The list of tokens cannot be read at the moment. Try again.");
  if (verdict.refused === "expired") return refusal(`Your Millrace token has expired. ${HOW_TO_GET_ONE}`);
  if (verdict.refused === "revoked") return refusal(`Your Millrace token was revoked. ${HOW_TO_GET_ONE}`);
  return refusal(`This server does not know your Millrace token. ${HOW_TO_GET_ONE}`);
}

function answerJwt(verdict: Identity | CredentialRefusal): Identity | Refusal {
  if (!("refused" in verdict)) return verdict;
  if (verdict.refused === "unavailable")
    return unavailable("The keys of the token issuer cannot be read at the moment. Try again.");
  if (verdict.refused === "expired") return refusal("Your JWT has expired: sign in again to get a new one.");
  return refusal(`Your JWT was not accepted: ${verdict.detail ?? "it is not valid"}. Sign in again, or ask your operator.`);
}

const refusal = (message: string): Refusal => ({ refused: "authentication", message });

const unavailable = (message: string): Refusal => ({
  refused: "overloaded",
  message,
  retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
});
