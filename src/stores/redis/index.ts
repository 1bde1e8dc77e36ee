// The door of the Redis and Valkey store.

export { RedisBudgetLedger, type RedisBudgetLedgerOptions } from "./redis-budget-ledger.ts";
export { RedisChannel, type RedisChannelOptions } from "./redis-channel.ts";
export { RedisKeyValue, type RedisKeyValueOptions } from "./redis-key-value.ts";
