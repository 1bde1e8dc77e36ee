// The door of the batcher: many small writes into few large ones, each acknowledged after the commit that held it.

export type { BatcherOptions, RetryOptions } from "./batch-options.ts";
export { type AddOptions, Batcher, type BatcherStats } from "./batcher.ts";
