// The fingerprint of a conversation as a digest, so that a known body need not be read for it again.

import type { Exchange } from "./exchange.ts";
import { sha256 } from "./identity/digest.ts";

/** SHA-256 of the dialect's fingerprint; empty where it has none. */
export function fingerprintDigest({ known, dialect, endpoint, facts }: Exchange): string {
  if (known) return known.fingerprint;
  const text = dialect.fingerprint(endpoint, facts);
  return text === "" ? "" : sha256(text);
}
