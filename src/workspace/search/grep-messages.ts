// What a search's worker and its owner tell each other.

import type { ErrorCode } from "../../base/index.ts";
import type { GrepQuery } from "./grep-query.ts";
import type { GrepAnswer } from "./search-files.ts";

export interface GrepStart {
  readonly kind: "start";
  readonly folder: string;
  readonly bytesMax: number;
  readonly fileBytesMax: number;
  readonly granularityMs: number;
  /** One number: not 0 while the search under way is no longer wanted. */
  readonly stop: Int32Array;
}

export interface GrepRequest {
  readonly kind: "search";
  readonly query: GrepQuery;
  /** Sorted, each ended by NUL: one string is copied faster than many. Undefined: the list is that of the request before. */
  readonly list: string | undefined;
  readonly changed: readonly string[] | "unknown";
}

export type GrepReply =
  /** Files are verified and in memory; the search itself begins. */
  | { readonly kind: "prepared" }
  | { readonly kind: "answer"; readonly answer: GrepAnswer }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string };
