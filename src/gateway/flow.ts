// Who goes next and where to: what the gateway is given for it, and what it takes when it is given nothing.

import type { Clock } from "../base/index.ts";
import { Balancer } from "../mechanisms/balancer/index.ts";
import { TokenEstimator } from "../mechanisms/limit/index.ts";
import type { AdmissionQueue } from "../mechanisms/queue/index.ts";
import type { DialectName } from "./dialects/dialect.ts";
import type { BudgetOptions } from "./steps/budget.ts";
import type { Upstream } from "./upstream.ts";

export interface FlowOptions {
  readonly estimator: TokenEstimator;
  /** Undefined: nobody has a quota. */
  readonly budget: BudgetOptions | undefined;
  /** The lines before the upstreams, by name. An upstream without one takes all that comes. */
  readonly queues: ReadonlyMap<string, AdmissionQueue>;
  /** One for each dialect, over its upstreams. */
  readonly balancers: Readonly<Record<DialectName, Balancer>>;
}

/** Nothing to wait for and nothing to share: no lines, no quotas, and balancers with their defaults. */
export function plainFlow(upstreams: readonly Upstream[], clock: Clock): FlowOptions {
  const over = (name: DialectName) => {
    const backends = upstreams.filter(({ dialect }) => dialect === name).map((upstream) => ({ name: upstream.name }));
    return new Balancer({ backends, clock });
  };
  return {
    estimator: new TokenEstimator(),
    budget: undefined,
    queues: new Map(),
    balancers: { anthropic: over("anthropic"), openai: over("openai") },
  };
}
