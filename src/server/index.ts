// The door of the server.

export { openTokenStore } from "./compose.ts";
export { openRecordStore } from "./compose-records.ts";
export { type Config, configInWords, type LoadOptions, loadConfig } from "./config.ts";
export { configReference } from "./config-reference.ts";
export { METRICS_CONTENT_TYPE, metricsText } from "./metrics-text.ts";
export { type RunningServer, type ServeOptions, startServer } from "./serve.ts";
export { type ImportOrder, openThreadTransfer, type ThreadTransfer } from "./thread-transfer.ts";
