// The door of the SQLite store.

export { SqliteKeyValue, type SqliteKeyValueOptions } from "./sqlite-key-value.ts";
export { SqliteRecordStore, type SqliteRecordStoreOptions } from "./sqlite-record-store.ts";
export { SqliteThreadStore, type SqliteThreadStoreOptions } from "./sqlite-thread-store.ts";
