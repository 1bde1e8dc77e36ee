// Answers from cache.
import type { Step } from "../exchange.ts";

export interface RecallOptions {
  readonly enabled: boolean;
}

export const recall =
  (_options: RecallOptions): Step =>
  (next) =>
    next;
