// The door of the cache: values answered again, loads shared while in flight, a second tier behind.

export { Cache, type CacheStats, type FetchOptions, type Peeked, type SetOptions } from "./cache.ts";
export type { CacheOptions } from "./cache-options.ts";
export type { FlightBody, FlightSink } from "./flight.ts";
export { type FlightStart, Flights, type FlightsOptions, type Joined } from "./flights.ts";
export type { LoadValue } from "./loads.ts";
export { type ScopedKey, scopedKey } from "./scoped-key.ts";
export { hitOftenOrCostly, TieredCache, type TieredCacheOptions, type TieredCacheStats } from "./tiered-cache.ts";
