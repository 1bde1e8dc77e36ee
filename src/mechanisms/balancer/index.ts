// The door of the balancer: which of several backends gets a request.

export type { Backend } from "./backend.ts";
export { Balancer } from "./balancer.ts";
export type { BalancerOptions, HealthOptions, PrefixOptions } from "./balancer-options.ts";
export type { Choice, ChoiceReason, ChooseRequest, Outcome, PrefixMark } from "./choice.ts";
export { type ScoreWeights, type ServerLoad, type ServerWish, scoreServer } from "./score-server.ts";
export { SharedSpills, type SharedSpillsOptions } from "./shared-spills.ts";
export type { Spills } from "./spills.ts";
export type { BackendStats, BalancerStats } from "./stats.ts";
