// Listings, totals and look-ups of threads. Each is one statement, and so one moment of the database; no message is read.
// A page is the newest of up to three index ranges (own, shown to the team, shown to the organisation), each read from the
// place where the page before ended: a page costs the same at any depth.

import type { Found, Thread, ThreadFilter, ThreadLookup, ThreadPlace, ThreadUsage } from "../../ports/index.ts";
import { canBeKept, isPassable } from "./name-check.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { conditionsOf, orderedRangesOf, Parameters, sightOf } from "./thread-filter.ts";
import { type ThreadRow, threadColumnsOf, threadOf } from "./thread-row.ts";

const COLUMNS = threadColumnsOf("t");

/** Threads that came from one beginning and still have it. */
const SAME_CHAINS_MAX = 1000;

/** In words that no listing's index is made for: a thread is looked up by its key. */
const LIVE = "coalesce(t.deleted_ms, -1) < 0";

type Totals = ThreadUsage & { readonly threads: number; readonly messages: number };

export async function listThreads(
  connection: PostgresConnection,
  filter: ThreadFilter,
  page: { after?: ThreadPlace; limit: number },
): Promise<readonly Thread[]> {
  if (!isPassable(filter)) return [];
  const parameters = new Parameters();
  // Written out, so that the planner knows that it is few.
  const limit = `LIMIT ${Math.trunc(page.limit)}`;
  const ranges = orderedRangesOf(filter, page.after, parameters).map(
    ({ where, order }) => `(SELECT t.tenant, t.id, t.active_ms FROM thread t WHERE ${where} ORDER BY ${order} ${limit})`,
  );
  const rows = await connection.query<ThreadRow>(
    `SELECT ${COLUMNS} FROM (SELECT * FROM (${ranges.join(" UNION ")}) seen
        ORDER BY active_ms DESC, id DESC ${limit}) page
      JOIN thread t USING (tenant, id) ORDER BY page.active_ms DESC, page.id DESC`,
    parameters.values,
  );
  return rows.map(threadOf);
}

export async function totalThreads(connection: PostgresConnection, filter: ThreadFilter): Promise<Totals> {
  if (!isPassable(filter)) return { threads: 0, messages: 0, input: 0, cached: 0, output: 0, cost: 0 };
  const parameters = new Parameters();
  const conditions = [...conditionsOf(filter, parameters), sightOf(filter.viewer, parameters)];
  const sums = ["messages", "input", "cached", "output", "cost"].map(
    (column) => `coalesce(sum(t.${column}), 0)::float8 AS ${column}`,
  );
  const [totals] = await connection.query<Totals>(
    `SELECT count(*)::float8 AS threads, ${sums.join(", ")} FROM thread t WHERE ${conditions.join(" AND ")}`,
    parameters.values,
  );
  return { ...(totals as Totals) };
}

export async function findThread(connection: PostgresConnection, lookup: ThreadLookup): Promise<Found | undefined> {
  if (!Object.values(lookup).every((name) => typeof name !== "string" || canBeKept(name))) return undefined;
  if ("chains" in lookup) return findByChain(connection, lookup.tenant, lookup.chains.filter(canBeKept));
  const [row] = await lookUp(connection, lookup);
  return row && { thread: threadOf(row) };
}

function lookUp(connection: PostgresConnection, lookup: Exclude<ThreadLookup, { chains: readonly string[] }>) {
  if ("tokenHash" in lookup) {
    return connection.query<ThreadRow>(
      `SELECT ${COLUMNS} FROM share s JOIN thread t ON t.tenant = s.tenant AND t.id = s.thread
        WHERE s.token_hash = $1 AND ${LIVE} LIMIT 1`,
      [lookup.tokenHash],
    );
  }
  const [column, value] = "session" in lookup ? ["session", lookup.session] : ["id", lookup.id];
  const isIndexed = column === "session" ? "AND t.session IS NOT NULL" : "";
  return connection.query<ThreadRow>(
    `SELECT ${COLUMNS} FROM thread t WHERE t.tenant = $1 AND t.${column} BETWEEN $2 AND $2 ${isIndexed} AND ${LIVE}
      ORDER BY t.${column} LIMIT 1`,
    [lookup.tenant, value],
  );
}

/** From the last one on, until one is found; of several threads that have it, the one last active. */
async function findByChain(
  connection: PostgresConnection,
  tenant: string,
  chains: readonly string[],
): Promise<Found | undefined> {
  const [row] = await connection.query<ThreadRow & { sequence: number }>(
    `SELECT found.* FROM (SELECT chain FROM unnest($2::text[]) WITH ORDINALITY AS c(chain, place) ORDER BY place DESC) c
      CROSS JOIN LATERAL (
        SELECT ${COLUMNS}, m.sequence FROM (SELECT m.tenant, m.thread, m.sequence FROM message m
          WHERE m.tenant = $1 AND m.chain BETWEEN c.chain AND c.chain ORDER BY m.chain LIMIT ${SAME_CHAINS_MAX}) m
        JOIN thread t ON t.tenant = m.tenant AND t.id = m.thread WHERE ${LIVE}
        ORDER BY t.active_ms DESC, t.id DESC, m.sequence DESC LIMIT 1) found
      LIMIT 1`,
    [tenant, chains],
  );
  return row && { thread: threadOf(row), sequence: row.sequence };
}
