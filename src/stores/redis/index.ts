// The door of the Redis and Valkey store.

export { RedisKeyValue, type RedisKeyValueOptions } from "./redis-key-value.ts";
