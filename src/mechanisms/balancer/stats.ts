// What a balancer tells of itself. Types alone.

import type { ChoiceReason } from "./choice.ts";

export interface BackendStats {
  name: string;
  /**
   * `unhealthy`: would be ejected, were not over half of them; it is used all the same. `returning`: after an ejection,
   * while its share of new sessions grows back.
   */
  health: "healthy" | "ejected" | "unhealthy" | "returning";
  /** Monotonic time of the balancer's clock, milliseconds; only while ejected or unhealthy. */
  ejectedUntilMs?: number;
  outstandingRequests: number;
  outstandingTokens: number;
  /** Sessions last sent there, warm or not. */
  sessions: number;
}

export interface BalancerStats {
  backends: BackendStats[];
  sessions: number;
  prefixes: number;
  /** Choices so far, by reason. */
  chosen: Record<ChoiceReason, number>;
  /** Choices that found no backend. */
  unable: number;
  isPanicking: boolean;
}
