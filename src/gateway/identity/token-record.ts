// A token as it is kept: everything about it but its text. The text is never stored; its SHA-256 is the key and is
// repeated in the value, so that a store which answers with the wrong row (a folded, cut or mixed-up key) is noticed.

import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { MillraceError, text, utf8 } from "../../base/index.ts";
import { nameProblem, scopesProblem, tenantProblem } from "./name-rule.ts";

/** What `list` shows. Times are milliseconds since the Unix epoch. */
export interface TokenRecord {
  /** Public: names the token in `list` and `revoke`, tells nothing about its text. */
  readonly id: string;
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

const stored = z.object({
  sha256: z.string().length(64),
  id: z.string().min(1),
  tenant: z.string().refine((tenant) => tenantProblem(tenant) === undefined),
  team: z.string().refine((team) => nameProblem(team) === undefined),
  user: z.string().refine((user) => nameProblem(user) === undefined),
  scopes: z.array(z.string()).refine((scopes) => scopesProblem(scopes) === undefined),
  createdAt: z.number(),
  expiresAt: z.number().exactOptional(),
  revokedAt: z.number().exactOptional(),
});

export const encodeRecord = (digest: string, record: TokenRecord): Uint8Array =>
  utf8(JSON.stringify({ sha256: digest, ...record }));

/** Throws `store_corrupt` for anything that is not the record of exactly this digest. */
export function decodeRecord(digest: string, value: Uint8Array): TokenRecord {
  const parsed = stored.safeParse(parse(value));
  if (!parsed.success || !timingSafeEqual(utf8(parsed.data.sha256), utf8(digest))) {
    throw new MillraceError("store_corrupt", "The store returned a token record that this version cannot read.");
  }
  const { sha256: _digest, ...record } = parsed.data;
  return record;
}

function parse(value: Uint8Array): unknown {
  try {
    return JSON.parse(text(value));
  } catch {
    return undefined;
  }
}
