// The door of threads: every conversation recorded, found, shared, and never lost.

export { Announcements } from "./announcements.ts";
export { type AuditEntry, AuditLog } from "./audit-log.ts";
export { ADMIN_SCOPE, type Caller } from "./caller.ts";
export { threadOfSession } from "./digest.ts";
export { type ExportOptions, exportThreads } from "./export-threads.ts";
export { type ImportOptions, type ImportResult, importThreads } from "./import-threads.ts";
export type { HitPage, ListFilter, PageOrder, ThreadPage } from "./listing.ts";
export { Live, type LiveEvent, type LiveOptions } from "./live.ts";
export type { Outcome, Refused, Written } from "./outcome.ts";
export { Recorder, type RecorderOptions, type RecorderStats } from "./recorder.ts";
export { type RecoverOptions, recoverDrafts } from "./recover.ts";
export { type Redact, redactor, type Settled, settler } from "./redaction.ts";
export { type RetentionOptions, removeExpired } from "./retention.ts";
export type { SecretPattern } from "./secret-patterns.ts";
export { notingTenants, tenantsOf } from "./tenants.ts";
export { PAGE_MAX, type ThreadLimits } from "./thread-limits.ts";
export { checkPolicy, type PolicyOf, type ThreadPolicy } from "./thread-policy.ts";
export {
  type MessageOrder,
  type Shared,
  type ShareOrder,
  type ThreadOrder,
  Threads,
  type ThreadsOptions,
} from "./threads.ts";
export type { Turn, TurnEnd, TurnLog, TurnMessage, TurnUsage } from "./turn.ts";
export type { WriteThread, WriteThreads } from "./write-thread.ts";
