// The door of the memory store.

export { MemoryKeyValue, type MemoryKeyValueOptions } from "./memory-key-value.ts";
