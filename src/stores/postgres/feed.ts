// The feed of changes, in an order in which nothing appears later at a lower place. A counter would not do: a transaction
// takes its number when it writes and shows it when it commits, and one that began earlier may commit later. So a position
// is the number of the transaction, and what is shown ends before the oldest transaction that still runs anywhere in the
// server. A transaction that somebody leaves open holds the feed back; it never makes it skip.

import type { ThreadChangeEvent } from "../../ports/index.ts";

/** Low bits of a position: the place of a write in its transaction. The rest holds 2^39 transactions. */
export const POSITION_BITS = 14;
export const WRITES_MAX = 2 ** POSITION_BITS;

const BASE = "(SELECT feed_base FROM meta)";

/** Position of the n-th (from 0) change of the running transaction. */
export const positionOf = (ordinal: string) =>
  `((${BASE} + pg_current_xact_id()::text::bigint) << ${POSITION_BITS}) + ${ordinal}`;

/** Positions from here on may still be taken by transactions that run. */
export const SETTLED = `((${BASE} + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << ${POSITION_BITS})`;

export const CHANGES = `SELECT position::double precision AS position, tenant, thread, kind, version, first, last
  FROM change WHERE position > $1 AND position < ${SETTLED} ORDER BY position LIMIT $2`;

export interface ChangeRow {
  position: number;
  tenant: string;
  thread: string;
  kind: ThreadChangeEvent["kind"];
  version: number;
  first: number;
  last: number;
}

export function changeOf(row: ChangeRow): ThreadChangeEvent {
  const { position, tenant, thread, kind, version, first, last } = row;
  return { position, key: { tenant, id: thread }, kind, version, from: first, to: last };
}
