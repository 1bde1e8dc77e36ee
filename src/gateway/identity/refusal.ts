// Refusals as values: why a credential, or a whole call, is not let in. Texts are for the caller and never repeat
// what the caller sent: a credential in an error message ends up in somebody's log.

import type { RefusalKind } from "../dialects/dialect.ts";

/**
 * Why one credential was not accepted. `foreign`: it is not one of ours, and may be meant for an upstream.
 * `unavailable`: it could not be checked now; this says nothing against the caller and must never become a 401.
 */
export interface CredentialRefusal {
  readonly refused: "unknown" | "expired" | "revoked" | "invalid" | "foreign" | "unavailable";
  /** What was wrong, in words that may go into the middle of a sentence. */
  readonly detail?: string;
}

/** Why a call is answered before it goes any further. */
export interface Refusal {
  readonly refused: RefusalKind;
  /** For the caller: what happened and what to do next. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
}
