// The door of ports: the holes in the wall. Interfaces, their limits and the checks of those; no code that does work.

export {
  BLOCK_MS,
  BUDGET_ENTRIES_MAX,
  BUDGET_RETURNS_MAX,
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetGrant,
  type BudgetLedger,
  type BudgetReport,
  type BudgetReturn,
  type BudgetUse,
  CALLS_MS,
  type Span,
} from "./budget-ledger.ts";
export { checkBudgetCall, grantOf } from "./budget-ledger-limits.ts";
export {
  CHANNEL_NAME_BYTES_MAX,
  CHANNEL_TEXT_BYTES_MAX,
  type Channel,
  type ChannelEvent,
  checkChannelName,
  checkChannelText,
} from "./channel.ts";
export { KEY_BYTES_MAX, type KeyValue, VALUE_BYTES_MAX } from "./key-value.ts";
export { checkKey, checkNamespace, checkPrefix, checkValue } from "./key-value-limits.ts";
export { checkRecords, RECORD_BYTES_MAX, RECORD_KEY_BYTES_MAX, RECORDS_MAX, type RecordStore } from "./record-store.ts";
export type {
  CorruptMessage,
  Draft,
  Found,
  Hit,
  Json,
  Message,
  MessagePage,
  NewMessage,
  NewThread,
  Share,
  Thread,
  ThreadChange,
  ThreadChangeEvent,
  ThreadFilter,
  ThreadKey,
  ThreadLookup,
  ThreadOrigin,
  ThreadPlace,
  ThreadStore,
  ThreadUsage,
  ThreadWrite,
  ThreadWritten,
  Viewer,
  Visibility,
} from "./thread-store.ts";
