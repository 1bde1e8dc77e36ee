// What every connection of the front door shares.

import type { Fleet } from "./fleet.ts";
import type { FrontCounts } from "./front-counts.ts";
import type { FrontLimits } from "./front-limits.ts";
import type { Sweep } from "./sweep.ts";

export interface FrontContext {
  readonly limits: FrontLimits;
  readonly fleet: Pick<Fleet, "choose" | "mayRetry" | "take" | "keep" | "connect" | "servers">;
  readonly sweep: Sweep;
  readonly counts: FrontCounts;
  /** What `via` calls this front door; its own, so that a request that comes back is known. */
  readonly pseudonym: string;
  readonly trustsProxy: boolean;
  /** It is stopping: what is open may end. */
  readonly isDraining: boolean;
}
