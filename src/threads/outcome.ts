// What becomes of a call to the service. Expected answers are values; only surprises are thrown.

import type { ThreadWritten } from "../ports/index.ts";

export type Refused =
  /** There is none, or the caller may not see it: never told apart. */
  | { readonly kind: "missing" }
  /** The thread has another version than the change is based on. */
  | { readonly kind: "conflict"; readonly version: number }
  /** The caller sees the thread and may not do this with it. */
  | { readonly kind: "forbidden"; readonly why: string }
  | { readonly kind: "invalid"; readonly why: string }
  | { readonly kind: "too_large"; readonly why: string };

export type Outcome<Value> = { readonly kind: "done"; readonly value: Value } | Refused;

export type Written = Extract<ThreadWritten, { kind: "written" }>;

export const done = <Value>(value: Value): Outcome<Value> => ({ kind: "done", value });
export const missing: Refused = { kind: "missing" };
export const invalid = (why: string): Refused => ({ kind: "invalid", why });

/** A store's own words as the service's. */
export function outcomeOf(written: ThreadWritten): { readonly kind: "done"; readonly value: Written } | Refused {
  if (written.kind === "written") return { kind: "done", value: written };
  if (written.kind === "taken") return invalid(`Another thread has this session: ${written.thread}. Append to that one.`);
  return written;
}
