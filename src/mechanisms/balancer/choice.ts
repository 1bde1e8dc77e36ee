// What a caller asks of the balancer and what it is answered. Types alone.

export interface ChooseRequest {
  /** The session, already scoped by its tenant. Opaque; never leaves this process but as a digest. */
  key?: string;
  /** The session this one came from: a new session starts where that one is warm. */
  parent?: string;
  /** Input tokens of this request, estimated. They count as outstanding until `done`. */
  tokens: number;
  /** Chained hashes of ever longer beginnings of the prompt, shortest first, each with the tokens up to there. */
  chain?: readonly PrefixMark[];
  /** Which backends are able to serve it (they have the model, were not tried yet). Default: all. */
  among?: (name: string) => boolean;
  /** What it refers to lives on this backend: it goes there, whatever that one's health, load and `among`, or nowhere. */
  pinned?: string;
  /** Capability without which a backend cannot serve it. */
  needs?: string;
  /** Backends of this region are taken for a session that is warm nowhere, while one of them has room. */
  region?: string;
  /** How long it would wait on that backend before it begins, milliseconds. Default: reckoned from outstanding tokens. */
  waitMs?: (name: string) => number;
}

export interface PrefixMark {
  hash: string | number;
  /** Tokens from the prompt's beginning to here. */
  tokens: number;
}

export interface Choice {
  readonly backend: string;
  readonly reason: ChoiceReason;
  /** To be called once the answer has ended, however it ended. Only the first call counts. Default: `left`. */
  done(outcome?: Outcome): void;
}

/**
 * Why this backend: `pinned` by the caller; `warm`: the session's prompt cache is there; `home`: first by hash; `spill`:
 * home was full; `moved`: waiting where it is warm cost more than leaving; `parent`: where its parent is; `prefix`: its
 * beginning is cached there; `score`: clearly the best by `scoreOf`; `two-choices`: the less loaded of two drawn;
 * `panic`: too few are healthy, so health was not asked.
 */
export type ChoiceReason =
  | "pinned"
  | "warm"
  | "home"
  | "spill"
  | "moved"
  | "parent"
  | "prefix"
  | "score"
  | "two-choices"
  | "panic";

export const choiceReasons: readonly ChoiceReason[] = [
  "pinned",
  "warm",
  "home",
  "spill",
  "moved",
  "parent",
  "prefix",
  "score",
  "two-choices",
  "panic",
];

/**
 * What became of a request. `firstTokenMs` is the time from sending to the first token, `uncachedTokens` the input tokens
 * that were not read from a cache: together they tell how fast this backend reads. `pushed_back` (429, 529) is a healthy
 * backend that has enough: it counts as full for as long as it says, 1 s by default and 60 s at most. `left` tells nothing,
 * for the caller went away.
 */
export type Outcome =
  | { kind: "ok"; firstTokenMs?: number; uncachedTokens?: number }
  | { kind: "failed" }
  | { kind: "pushed_back"; retryAfterMs?: number }
  | { kind: "left" };
