// A resource and what the pool knows of it.

import type { Cancel } from "../../base/index.ts";

export interface Entry<T> {
  readonly resource: T;
  /** Monotonic time of its end. */
  readonly endsAtMs: number;
  /** When it was last taken or laid down. */
  sinceMs: number;
  stopLeakWatch: Cancel | undefined;
}
