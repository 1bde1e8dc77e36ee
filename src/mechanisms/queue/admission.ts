// What callers ask of the queue and what they are told. Outcomes are values; tenants, users and ids are opaque here.

export const priorities = ["critical", "high", "normal", "low"] as const;

export type Priority = (typeof priorities)[number];

export interface AdmissionRequest {
  readonly priority: Priority;
  readonly tenant: string;
  readonly user: string;
  /** Input and output together, estimated. Rounded up, and less than 1 counts as 1. */
  readonly tokens: number;
  /** Monotonic time of the queue's clock, milliseconds. Absolute, so nothing re-arms it. */
  readonly deadlineMs: number;
  /** What it takes from admission until the deadline is met. Default: the learned time to the first token, spread included. */
  readonly neededMs?: number;
  /** The same for a retry of the same work by the same tenant: it takes the first one's place in line. */
  readonly id?: string;
  /** It could be done elsewhere as well: `turnAway` ends its wait. Default: false. */
  readonly canGoElsewhere?: boolean;
}

/**
 * `full`: too much waits, and this was the lowest priority's heaviest tenant's newest. `hopeless`: its deadline cannot be
 * met. `too_large`: more tokens than may ever be in flight or wait. `replaced`: its retry stands in its place.
 * `elsewhere`: it can go elsewhere, and had better.
 */
export type ShedReason = "full" | "hopeless" | "too_large" | "replaced" | "elsewhere";

export type Admission =
  | {
      readonly kind: "admitted";
      readonly waitedMs: number;
      /** Gives the seat and the tokens back. Call it once, however and whenever the work ended; further calls do nothing. */
      readonly finish: (usage?: Usage) => void;
    }
  | { readonly kind: "shed"; readonly reason: ShedReason; readonly retryAfterSeconds: number }
  | { readonly kind: "expired"; readonly waitedMs: number; readonly retryAfterSeconds: number };

export interface Usage {
  /** What was really used, counted up to the ceiling of `tokens`. Default: the estimate. */
  readonly tokens?: number;
  /** Milliseconds from admission to the first token. */
  readonly firstTokenMs?: number;
  /** Latency by what was asked for (milliseconds an output token, say), in any unit: compared with its own past alone. */
  readonly latency?: number;
  /** The upstream said that it had too much: 429, 529, a `retry-after`. Cuts both limits; holds nobody back by itself. */
  readonly pushedBack?: { readonly retryAfterMs?: number };
  /** It failed, and not for want of room, or was not begun at all: no limit grows by it, and no duration is learned. */
  readonly hasFailed?: boolean;
}
