// What an organisation lays down for its threads. The default is the careful one: everything recorded, nothing shown to others.

import { MillraceError } from "../base/index.ts";
import type { Visibility } from "../ports/index.ts";

export interface ThreadPolicy {
  /** `metadata`: who, when, which model, how many tokens; no word of the conversation. Default `full`. */
  readonly record: "off" | "metadata" | "full";
  /** Of threads that nobody said anything else of. Default `private`. */
  readonly visibility: Visibility;
  /** Whether links may be made, and opened. Default true. */
  readonly links: boolean;
  /** Of links at most, days; undefined: until they are revoked. */
  readonly linkDaysMax: number | undefined;
  /** Threads last active longer ago are removed; undefined: none is. */
  readonly retentionDays: number | undefined;
}

export const THREAD_POLICY: ThreadPolicy = {
  record: "full",
  visibility: "private",
  links: true,
  linkDaysMax: undefined,
  retentionDays: undefined,
};

/** The policy of a tenant. Called often: it must not compute. */
export type PolicyOf = (tenant: string) => ThreadPolicy;

/** Throws `option_invalid` for days that are no positive number. */
export function checkPolicy({ linkDaysMax, retentionDays }: ThreadPolicy): void {
  for (const [name, days] of Object.entries({ linkDaysMax, retentionDays })) {
    if (days === undefined || (Number.isFinite(days) && days > 0)) continue;
    throw new MillraceError("option_invalid", `\`${name}\` of a policy of threads is a number of days over 0.`);
  }
}
