// The door of the memory store.

export { MemoryBudgetLedger, type MemoryBudgetLedgerOptions } from "./memory-budget-ledger.ts";
export { MemoryKeyValue, type MemoryKeyValueOptions } from "./memory-key-value.ts";
