// The door of the SQLite store.

export { SqliteKeyValue, type SqliteKeyValueOptions } from "./sqlite-key-value.ts";
