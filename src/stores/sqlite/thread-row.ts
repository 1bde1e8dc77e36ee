// A thread as a row of the table, both ways. Names are numbers there (thread-names.ts); lists are JSON, since they are read whole.

import type { Share, Thread, ThreadOrigin, Visibility } from "../../ports/index.ts";
import type { ThreadNames } from "./thread-names.ts";

const visibilities = ["private", "team", "organisation"] as const satisfies readonly Visibility[];

export const visibilityNumber = (visibility: Visibility): number => visibilities.indexOf(visibility);

export interface ThreadRow {
  number: number;
  tenant: number;
  id: string;
  user: number;
  team: number;
  visibility: number;
  active_ms: number;
  version: number;
  messages: number;
  input: number;
  cached: number;
  output: number;
  cost: number;
  excerpt: string;
  participants: string;
  archived: number;
  pinned: number;
  title: string;
  tags: string;
  shares: string;
  created_ms: number;
  deleted_ms: number | null;
  session: string | null;
  client: string | null;
  model: string | null;
  repository: string | null;
  origin: string | null;
}

export function threadOf(row: ThreadRow, names: ThreadNames): Thread {
  return {
    tenant: names.textOf(row.tenant),
    id: row.id,
    user: names.textOf(row.user),
    team: names.textOf(row.team),
    createdMs: row.created_ms,
    visibility: visibilities[row.visibility] ?? "private",
    title: row.title,
    ...(row.origin === null ? {} : { origin: JSON.parse(row.origin) as ThreadOrigin }),
    ...(row.session === null ? {} : { session: row.session }),
    ...(row.client === null ? {} : { client: row.client }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.repository === null ? {} : { repository: row.repository }),
    tags: listOf<string>(row.tags),
    archived: row.archived === 1,
    pinned: row.pinned === 1,
    version: row.version,
    activeMs: row.active_ms,
    messages: row.messages,
    usage: { input: row.input, cached: row.cached, output: row.output, cost: row.cost },
    excerpt: row.excerpt,
    participants: listOf<string>(row.participants),
    shares: listOf<Share>(row.shares),
  };
}

/** Most lists are empty. */
function listOf<T>(json: string): readonly T[] {
  return json === "[]" ? [] : (JSON.parse(json) as readonly T[]);
}
