// The door of the memory store.

export { MemoryBudgetLedger, type MemoryBudgetLedgerOptions } from "./memory-budget-ledger.ts";
export { MemoryChannel, type MemoryChannelOptions } from "./memory-channel.ts";
export { MemoryKeyValue, type MemoryKeyValueOptions } from "./memory-key-value.ts";
export { MemoryRecordStore, type MemoryRecordStoreOptions } from "./memory-record-store.ts";
export { MemoryThreadStore, type MemoryThreadStoreOptions } from "./memory-thread-store.ts";
