// The door of stores/postgres: conversations on PostgreSQL.

export { PostgresThreadStore, type PostgresThreadStoreOptions } from "./postgres-thread-store.ts";
