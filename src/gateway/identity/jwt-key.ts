// What checks a JWT's signature, decided once at start: the key and the algorithms that go with its type, never the
// token's own `alg`. So a public key can never be used as an HMAC secret, and "none" is on no list.

import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWTVerifyGetKey } from "jose";
import { MillraceError, type Secret, utf8 } from "../../base/index.ts";
import { RemoteKeys, type RemoteKeysOptions } from "./jwks.ts";

export type JwtAlgorithm = "HS256" | "ES256" | "RS256";

/** Exactly one of the three. */
export interface JwtKeySource {
  /** For HS256: at least 32 bytes (RFC 7518, section 3.2). */
  readonly secret?: Secret;
  /** One public key: PEM (a certificate will do), or a JWK. */
  readonly publicKey?: string | JsonWebKey;
  /** Where the issuer publishes its keys. Tokens should name theirs by `kid`. */
  readonly jwksUrl?: string;
  /** Default: all that the key's type allows. */
  readonly algorithms?: readonly JwtAlgorithm[];
}

export interface JwtKey {
  readonly algorithms: JwtAlgorithm[];
  readonly key: KeyObject | Uint8Array | JWTVerifyGetKey;
}

const RSA_BITS_MIN = 2048;
const SECRET_BYTES_MIN = 32;

/** Throws `option_invalid` with the reason when the source cannot be used. */
export function jwtKey(source: JwtKeySource, remote: Omit<RemoteKeysOptions, "url">): JwtKey {
  const { secret, publicKey, jwksUrl } = source;
  if ([secret, publicKey, jwksUrl].filter((given) => given !== undefined).length !== 1) {
    throw invalid("JWTs need exactly one of: a secret, a public key, a JWKS URL.");
  }
  if (secret !== undefined) {
    const bytes = utf8(secret.reveal());
    if (bytes.byteLength < SECRET_BYTES_MIN) throw invalid("The JWT secret is too short: use at least 32 random bytes.");
    return { key: bytes, algorithms: allowed(source, ["HS256"]) };
  }
  if (publicKey !== undefined) {
    const key = readPublicKey(publicKey);
    return { key, algorithms: allowed(source, [algorithmOf(key)]) };
  }
  const keys = new RemoteKeys({ ...remote, url: jwksUrl as string });
  return { key: (header, token) => keys.find(header, token), algorithms: allowed(source, ["ES256", "RS256"]) };
}

function allowed(source: JwtKeySource, possible: JwtAlgorithm[]): JwtAlgorithm[] {
  const { algorithms } = source;
  if (algorithms === undefined) return possible;
  if (algorithms.length > 0 && algorithms.every((algorithm) => possible.includes(algorithm))) return [...algorithms];
  throw invalid(`This kind of JWT key allows the algorithms ${possible.join(", ")}: remove the others from the list.`);
}

function readPublicKey(publicKey: string | JsonWebKey): KeyObject {
  const isPrivate = typeof publicKey === "string" ? publicKey.includes("PRIVATE KEY") : publicKey.d !== undefined;
  if (isPrivate) throw invalid("The JWT key is a private key: give only its public part to Millrace.");
  try {
    return typeof publicKey === "string" ? createPublicKey(publicKey) : createPublicKey({ key: publicKey, format: "jwk" });
  } catch (cause) {
    throw invalid("The JWT public key cannot be read: give a PEM text or a JWK.", cause);
  }
}

function algorithmOf(key: KeyObject): JwtAlgorithm {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") return "ES256";
  if (key.asymmetricKeyType === "rsa" && modulusLength >= RSA_BITS_MIN) return "RS256";
  throw invalid("The JWT public key must be an EC key on P-256, or an RSA key of at least 2048 bits.");
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError("option_invalid", message, cause === undefined ? {} : { cause });
}
