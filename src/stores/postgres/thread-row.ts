// A thread as a row, both ways. Lists inside a row (tags, participants, shares) are JSON text: they are read whole.

import type { Share, Thread, ThreadOrigin, Visibility } from "../../ports/index.ts";

/** A type and no interface: rows of a statement are named by any text. */
export type ThreadRow = {
  tenant: string;
  id: string;
  user_id: string;
  team: string;
  created_ms: number;
  visibility: Visibility;
  title: string;
  origin_kind: ThreadOrigin["kind"] | null;
  origin_thread: string | null;
  origin_sequence: number | null;
  session: string | null;
  client: string | null;
  model: string | null;
  repository: string | null;
  tags: string;
  archived: boolean;
  pinned: boolean;
  version: number;
  active_ms: number;
  messages: number;
  input: number;
  cached: number;
  output: number;
  cost: number;
  excerpt: string;
  participants: string;
  shares: string;
  deleted_ms: number | null;
};

/** Of `active_slot`, for as long a thread stays where it is in the indexes of listings. Those of one slot are sorted when asked for. */
const SLOT_MS = 512;

/** @param activeMs in SQL */
export const slotOf = (activeMs: string) => `floor((${activeMs}) / ${SLOT_MS})`;

/** The columns with the type of each, but for the slot, which follows from the time. */
export const threadColumns = {
  tenant: "text",
  id: "text",
  user_id: "text",
  team: "text",
  created_ms: "float8",
  visibility: "text",
  title: "text",
  origin_kind: "text",
  origin_thread: "text",
  origin_sequence: "int4",
  session: "text",
  client: "text",
  model: "text",
  repository: "text",
  tags: "text",
  archived: "boolean",
  pinned: "boolean",
  version: "int4",
  active_ms: "float8",
  messages: "int4",
  input: "float8",
  cached: "float8",
  output: "float8",
  cost: "float8",
  excerpt: "text",
  participants: "text",
  shares: "text",
  deleted_ms: "float8",
} as const satisfies Record<keyof ThreadRow, string>;

/** `t.tenant, t.id, ...` */
export const threadColumnsOf = (alias: string) =>
  Object.keys(threadColumns)
    .map((column) => `${alias}.${column}`)
    .join(", ");

export function threadOf(row: ThreadRow): Thread {
  return {
    tenant: row.tenant,
    id: row.id,
    user: row.user_id,
    team: row.team,
    createdMs: row.created_ms,
    visibility: row.visibility,
    title: row.title,
    ...(row.origin_kind === null
      ? {}
      : { origin: { kind: row.origin_kind, thread: row.origin_thread ?? "", sequence: row.origin_sequence ?? 0 } }),
    ...(row.session === null ? {} : { session: row.session }),
    ...(row.client === null ? {} : { client: row.client }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.repository === null ? {} : { repository: row.repository }),
    tags: listOf<string>(row.tags),
    archived: row.archived,
    pinned: row.pinned,
    version: row.version,
    activeMs: row.active_ms,
    messages: row.messages,
    usage: { input: row.input, cached: row.cached, output: row.output, cost: row.cost },
    excerpt: row.excerpt,
    participants: listOf<string>(row.participants),
    shares: listOf<Share>(row.shares),
  };
}

export function rowOf(thread: Thread): ThreadRow {
  return {
    tenant: thread.tenant,
    id: thread.id,
    user_id: thread.user,
    team: thread.team,
    created_ms: thread.createdMs,
    visibility: thread.visibility,
    title: thread.title,
    origin_kind: thread.origin?.kind ?? null,
    origin_thread: thread.origin?.thread ?? null,
    origin_sequence: thread.origin?.sequence ?? null,
    session: thread.session ?? null,
    client: thread.client ?? null,
    model: thread.model ?? null,
    repository: thread.repository ?? null,
    tags: JSON.stringify(thread.tags),
    archived: thread.archived,
    pinned: thread.pinned,
    version: thread.version,
    active_ms: thread.activeMs,
    messages: thread.messages,
    input: thread.usage.input,
    cached: thread.usage.cached,
    output: thread.usage.output,
    cost: thread.usage.cost,
    excerpt: thread.excerpt,
    participants: JSON.stringify(thread.participants),
    shares: JSON.stringify(thread.shares),
    deleted_ms: null,
  };
}

/** What messages alone change. @param was the version that the row has */
export function summaryRowOf({ tenant, id, version, activeMs, messages, usage, excerpt, participants }: Thread, was: number) {
  const { input, cached, output, cost } = usage;
  const sums = { input, cached, output, cost };
  return {
    tenant,
    id,
    was,
    version,
    active_ms: activeMs,
    messages,
    ...sums,
    excerpt,
    participants: JSON.stringify(participants),
  };
}

/** Most lists are empty. */
function listOf<T>(json: string): readonly T[] {
  return json === "[]" ? [] : (JSON.parse(json) as readonly T[]);
}
