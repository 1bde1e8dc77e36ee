// Pages of messages, with the blobs that they need and the drafts behind them, in one statement: a draft and the message
// that takes its place are never both there, and no blob goes between two looks.

import type { CorruptMessage, Draft, Message, MessagePage, ThreadKey } from "../../ports/index.ts";
import type { BlobOf } from "../records/index.ts";
import { canBeKept } from "./name-check.ts";
import type { PostgresConnection, Run } from "./postgres-connection.ts";
import { decodeMessage, type RecordRow } from "./record-row.ts";
import { rowsStatement } from "./rows-statement.ts";
import { keyOf } from "./write-plan.ts";

interface PartRow {
  readonly kind: "message" | "blob" | "piece";
  readonly thread: string;
  readonly sequence: number;
  readonly id: string;
  readonly text: string;
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly at_ms: number;
}

/** Of the table `page`: messages of one tenant or of several, and each blob that they need. */
const PARTS = `SELECT 'message' AS kind, tenant, thread, sequence, client_id AS id, chain AS text, NULL::bytea AS hash,
    record AS bytes, NULL::float8 AS at_ms FROM page
  UNION ALL SELECT 'blob', b.tenant, NULL, NULL, NULL, NULL, b.hash, b.bytes, NULL FROM (
      SELECT DISTINCT p.tenant, substring(p.hashes FROM 1 + 32 * i FOR 32) AS hash
      FROM page p CROSS JOIN LATERAL generate_series(0, length(p.hashes) / 32 - 1) i
    ) needed JOIN blob b ON b.tenant = needed.tenant AND b.hash = needed.hash`;

export async function readMessages(
  connection: PostgresConnection,
  key: ThreadKey,
  { after, limit, backwards = false }: { after: number; limit: number; backwards?: boolean },
): Promise<MessagePage> {
  if (!canBeKept(key.tenant) || !canBeKept(key.id)) return { messages: [], drafts: [] };
  const [order, place] = backwards ? ["DESC", "m.sequence < $3"] : ["ASC", "m.sequence > $3"];
  const start = backwards && after === 0 ? Number.POSITIVE_INFINITY : after;
  // Forwards, the last page is known by one message less than was asked for.
  const isLast = backwards ? String(after === 0) : `(SELECT count(*) FROM page) <= ${limit}`;
  const parts = await connection.query<PartRow>(
    `WITH page AS MATERIALIZED (SELECT m.* FROM message m WHERE m.tenant = $1 AND m.thread = $2 AND ${place}::int4
      ORDER BY m.sequence ${order} LIMIT ${limit + 1})
    ${PARTS}
    UNION ALL SELECT 'piece', d.tenant, d.thread, d.start, d.id, d.piece, NULL, NULL, d.at_ms FROM draft d
      WHERE d.tenant = $1 AND d.thread = $2 AND ${isLast}`,
    [key.tenant, key.id, Math.max(0, Math.min(Math.trunc(start), 2 ** 31 - 1))],
  );
  const messages = decode(parts).map(({ message }) => message);
  messages.sort((one, other) => (backwards ? other.sequence - one.sequence : one.sequence - other.sequence));
  return { messages: messages.slice(0, limit), drafts: draftsOf(parts) };
}

export interface Read {
  readonly key: ThreadKey;
  readonly message: Message | CorruptMessage;
}

const readRanges = rowsStatement<{ tenant: "text"; thread: "text"; first: "int4"; last: "int4" }, PartRow & { tenant: string }>(
  { tenant: "text", thread: "text", first: "int4", last: "int4" },
  (n) => `WITH page AS MATERIALIZED (SELECT m.* FROM ${n} JOIN message m
      ON m.tenant = n.tenant AND m.thread = n.thread AND m.sequence BETWEEN n.first AND n.last)
    ${PARTS}`,
);

/** Messages of several threads, in any order. */
export async function readMessageRanges(
  run: Run,
  ranges: readonly { key: ThreadKey; from: number; to: number }[],
): Promise<readonly Read[]> {
  const rows = ranges.map(({ key, from, to }) => ({ tenant: key.tenant, thread: key.id, first: from, last: to }));
  return decode(await readRanges(run, rows));
}

function decode(parts: readonly (PartRow & { tenant?: string })[]): Read[] {
  const blobs = new Map<string, Uint8Array>();
  for (const { kind, tenant = "", hash, bytes } of parts) if (kind === "blob") blobs.set(keyOf(tenant, hexOf(hash)), bytes);
  const read: Read[] = [];
  for (const { kind, tenant = "", thread, sequence, id, text, bytes } of parts) {
    if (kind !== "message") continue;
    const row: RecordRow = { sequence, client_id: id, chain: text, record: bytes };
    const find: BlobOf = (hash) => blobs.get(keyOf(tenant, hexOf(hash)));
    read.push({ key: { tenant, id: thread }, message: decodeMessage(row, find) });
  }
  return read;
}

function draftsOf(parts: readonly PartRow[]): Draft[] {
  const pieces = parts.filter(({ kind }) => kind === "piece").sort((one, other) => one.sequence - other.sequence);
  const drafts = new Map<string, Draft>();
  for (const { id, text, at_ms: startedMs } of pieces) {
    const before = drafts.get(id) ?? { id, text: "", startedMs };
    drafts.set(id, { ...before, text: before.text + (JSON.parse(text) as string) });
  }
  return [...drafts.values()].sort((one, other) => one.startedMs - other.startedMs || (one.id < other.id ? -1 : 1));
}

function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}
