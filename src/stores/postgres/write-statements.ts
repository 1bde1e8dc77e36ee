// What a batch sends: at most one statement of each kind, however many writes are in it. In what order, and what is in them,
// is thread-writer.ts. Threads and messages are inserted without ON CONFLICT: under the locks only a thread or a session that
// another server began this moment can be there, and then all is decided anew; looking first costs each row a third more.

import { positionOf } from "./feed.ts";
import type { Answer, Run } from "./postgres-connection.ts";
import { type Columns, rowsStatement } from "./rows-statement.ts";
import { slotOf, type ThreadRow, threadColumns, threadColumnsOf } from "./thread-row.ts";

const THREAD = { tenant: "text", thread: "text" } as const;

const SUMMARY = ["version", "active_ms", "messages", "input", "cached", "output", "cost", "excerpt", "participants"] as const;
const SHAPE = ["visibility", "title", "session", "model", "tags", "archived", "pinned", "shares", "deleted_ms"] as const;

const look = (lock: string) =>
  rowsStatement<{ tenant: "text"; id: "text" }, ThreadRow>(
    { tenant: "text", id: "text" },
    (n) => `SELECT t.* FROM ${n} CROSS JOIN LATERAL (SELECT ${threadColumnsOf("t")} FROM thread t
      WHERE t.tenant = n.tenant AND t.id = n.id LIMIT 1 ${lock}) t`,
  );

export const findThreads = look("");

/** In the order of the rows that it is given. */
export const lockThreads = look("FOR NO KEY UPDATE");

/** Until the end of the transaction: `alone`, or together with all who do not want it alone. */
export const lockBlobs = rowsStatement(
  { tenant: "text", alone: "boolean" },
  (n) => `SELECT CASE WHEN alone THEN pg_advisory_xact_lock(lock) ELSE pg_advisory_xact_lock_shared(lock) END
    FROM (SELECT hashtextextended('millrace blobs ' || tenant, 0) AS lock, alone FROM ${n} ORDER BY 1, 2 DESC) ordered`,
);

// The next two ask for the first one from there on: of all indexes only the right one has that order, so that the planner
// takes it also for tables that were empty when it planned.

export const findMessages = rowsStatement<
  { tenant: "text"; thread: "text"; client_id: "text" },
  { tenant: string; thread: string; client_id: string; sequence: number }
>(
  { ...THREAD, client_id: "text" },
  (n) => `SELECT n.tenant, n.thread, n.client_id, m.sequence FROM ${n} CROSS JOIN LATERAL (
      SELECT m.client_id, m.sequence FROM message m WHERE m.tenant = n.tenant AND m.thread = n.thread AND m.client_id >= n.client_id
      ORDER BY m.client_id LIMIT 1) m
    WHERE m.client_id = n.client_id`,
);

export const findSessions = rowsStatement<{ tenant: "text"; session: "text" }, { tenant: string; session: string; id: string }>(
  { tenant: "text", session: "text" },
  (n) => `SELECT n.tenant, n.session, t.id FROM ${n} CROSS JOIN LATERAL (
      SELECT t.session, t.id FROM thread t WHERE t.tenant = n.tenant AND t.session >= n.session AND t.session IS NOT NULL
      ORDER BY t.session LIMIT 1) t
    WHERE t.session = n.session`,
);

export const findDrafts = rowsStatement<
  { tenant: "text"; thread: "text"; id: "text" },
  { tenant: string; thread: string; id: string; length: number }
>(
  { ...THREAD, id: "text" },
  (n) => `SELECT n.tenant, n.thread, n.id, last.start + last.length AS length FROM ${n} CROSS JOIN LATERAL (
      SELECT d.start, d.length FROM draft d WHERE d.tenant = n.tenant AND d.thread = n.thread AND d.id = n.id
      ORDER BY d.start DESC LIMIT 1) last`,
);

/** Threads that are still as they were read: `was` is the version of then. In the order of the rows that it is given. */
const update = (columns: readonly (keyof ThreadRow)[]) => {
  const types = Object.fromEntries(columns.map((name) => [name, threadColumns[name]]));
  const all: Columns = { tenant: "text", id: "text", was: "int4", ...types };
  return rowsStatement(
    all,
    (n) => `UPDATE thread t SET ${columns.map((column) => `${column} = n.${column}`).join(", ")},
        active_slot = ${slotOf("n.active_ms")}
      FROM ${n} WHERE t.tenant = n.tenant AND t.id = n.id AND t.version = n.was`,
  );
};

export const updateThreads = update([...SUMMARY, ...SHAPE]);

/** What messages alone change. */
export const updateSummaries = update(SUMMARY);

export const insertThreads = rowsStatement(
  threadColumns,
  (n) => `INSERT INTO thread (${Object.keys(threadColumns).join(", ")}, active_slot)
    SELECT ${threadColumnsOf("n")}, ${slotOf("n.active_ms")} FROM ${n}`,
);

/** Records come as one value behind each other: as an array of their own they would be sent in hex. */
const MESSAGES = rowsStatement(
  { ...THREAD, sequence: "int4", client_id: "text", chain: "text", hashes: "bytea", start: "int4", length: "int4" },
  (n) => `INSERT INTO message (tenant, thread, sequence, client_id, chain, hashes, record)
    SELECT tenant, thread, sequence, client_id, chain, hashes, substring($9::bytea FROM start FOR length) FROM ${n}`,
);

export interface MessageRow {
  readonly tenant: string;
  readonly thread: string;
  readonly sequence: number;
  readonly client_id: string;
  readonly chain: string | null;
  readonly hashes: Uint8Array | null;
  readonly record: Uint8Array;
}

export function insertMessages(run: Run, rows: readonly MessageRow[]): Promise<Answer<never>> {
  let end = 1;
  const placed = rows.map(({ record, ...row }) => {
    const start = end;
    end += record.byteLength;
    return { ...row, start, length: record.byteLength };
  });
  return MESSAGES(run, placed, [Buffer.concat(rows.map(({ record }) => record))]);
}

export const insertBlobs = rowsStatement(
  { tenant: "text", hash: "bytea", bytes: "bytea" },
  (n) => `INSERT INTO blob (tenant, hash, bytes) SELECT * FROM ${n} ON CONFLICT DO NOTHING`,
);

export const insertBlobUses = rowsStatement(
  { tenant: "text", hash: "bytea", thread: "text" },
  (n) => `INSERT INTO blob_use (tenant, hash, thread) SELECT * FROM ${n} ON CONFLICT DO NOTHING`,
);

export const insertPieces = rowsStatement(
  { ...THREAD, id: "text", start: "int4", length: "int4", at_ms: "float8", piece: "text" },
  (n) => `INSERT INTO draft (tenant, thread, id, start, length, at_ms, piece) SELECT * FROM ${n}`,
);

export const endDrafts = rowsStatement(
  { ...THREAD, id: "text" },
  (n) => `DELETE FROM draft d USING ${n} WHERE d.tenant = n.tenant AND d.thread = n.thread AND d.id = n.id`,
);

export const keepShares = rowsStatement(
  { ...THREAD, id: "text", token_hash: "text" },
  (n) => `INSERT INTO share (tenant, thread, id, token_hash) SELECT * FROM ${n}
    ON CONFLICT (tenant, thread, id) DO UPDATE SET token_hash = excluded.token_hash`,
);

export const insertChanges = rowsStatement(
  { ordinal: "int4", tenant: "text", thread: "text", kind: "text", version: "int4", first: "int4", last: "int4" },
  (n) => `INSERT INTO change (position, tenant, thread, kind, version, first, last)
    SELECT ${positionOf("ordinal")}, tenant, thread, kind, version, first, last FROM ${n}`,
);

/** What belongs to threads that are gone, in the order in which it has to go: blobs while it is known who used them. */
export const deletions = [
  `DELETE FROM blob b USING (SELECT DISTINCT u.tenant, u.hash FROM gone JOIN blob_use u USING (tenant, thread)) used
    WHERE b.tenant = used.tenant AND b.hash = used.hash AND NOT EXISTS (
      SELECT FROM blob_use o WHERE o.tenant = used.tenant AND o.hash = used.hash
        AND NOT EXISTS (SELECT FROM gone WHERE gone.tenant = o.tenant AND gone.thread = o.thread))`,
  ...["blob_use", "message", "draft", "share"].map(
    (table) => `DELETE FROM ${table} d USING gone WHERE d.tenant = gone.tenant AND d.thread = gone.thread`,
  ),
].map((text) => rowsStatement(THREAD, (n) => `WITH gone AS (SELECT * FROM ${n}) ${text}`));
