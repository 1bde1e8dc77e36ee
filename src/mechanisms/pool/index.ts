// The door of the pool: a bounded number of resources for any number of callers.

export type { Lease } from "./lease.ts";
export { Pool, type PoolStats } from "./pool.ts";
export type { AcquireOptions, PoolEvents, PoolOptions } from "./pool-options.ts";
