// The door of the conformance suites: what a store must do to claim a port, for any test runner.

export { type BudgetLedgerCase, type BudgetLedgerHarness, budgetLedgerCases } from "./budget-ledger.ts";
export { type ChannelCase, type ChannelHarness, channelCases } from "./channel.ts";
export { type KeyValueCase, type KeyValueHarness, keyValueCases } from "./key-value.ts";
export { type RecordStoreCase, type RecordStoreHarness, recordStoreCases } from "./record-store.ts";
export { agreeWithModel, type ThreadStoreCase, type ThreadStoreHarness, threadStoreCases } from "./thread-store.ts";
