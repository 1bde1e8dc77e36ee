// The door of the queue: who goes next when not all can, and who is told so at once.

export { AdaptiveLimit, type AdaptiveLimitOptions } from "./adaptive-limit.ts";
export { type Admission, type AdmissionRequest, type Priority, priorities, type ShedReason, type Usage } from "./admission.ts";
export { AdmissionQueue, type QueueStats } from "./admission-queue.ts";
export type { QueueOptions } from "./queue-options.ts";
