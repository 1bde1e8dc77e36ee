// Brings the schema of a database to the version of this program, or refuses one that is newer.
// Invariant: one server at a time, in one transaction: after a failure the schema is what it was. Goes forward only.

import { MillraceError } from "../../base/index.ts";
import { POSITION_BITS } from "./feed.ts";
import type { PostgresConnection, Run } from "./postgres-connection.ts";
import { steps } from "./schema.ts";

/** A step may write all of a table anew. */
const MIGRATE_MS_MAX = 600_000;

/** @param schema checked by PostgresConnection */
export async function migrate(connection: PostgresConnection, schema: string): Promise<void> {
  await connection.transaction(async (run) => {
    await run(`SET LOCAL statement_timeout = ${MIGRATE_MS_MAX}`);
    await run(`SET LOCAL idle_in_transaction_session_timeout = ${MIGRATE_MS_MAX}`);
    await run("SELECT pg_advisory_xact_lock(hashtextextended('millrace threads ' || $1::text, 0))", [schema]);
    const from = await versionOf(run, schema);
    if (from > steps.length) {
      const advice = "use the Millrace that wrote it, or name another schema";
      throw new MillraceError(
        "store_corrupt",
        `The PostgreSQL schema "${schema}" has version ${from}, and this Millrace knows ${steps.length}; ${advice}.`,
      );
    }
    for (const statement of steps.slice(from).flat()) await run(statement);
    await run("UPDATE meta SET version = $1", [steps.length]);
    await keepPositionsRising(run);
  }, MIGRATE_MS_MAX);
}

/** 0: there is nothing yet. */
async function versionOf(run: Run, schema: string): Promise<number> {
  // Asked first, since IF NOT EXISTS needs the right to create also where nothing is to be created.
  const [found] = await run<{ tables: number }>(
    "SELECT (to_regclass($1 || '.meta') IS NOT NULL)::int AS tables FROM pg_namespace WHERE nspname = $1",
    [schema],
  );
  if (found === undefined) await run(`CREATE SCHEMA ${schema}`);
  if (found?.tables !== 1) {
    await run("CREATE TABLE meta (version integer NOT NULL, feed_base bigint NOT NULL)");
    await run("INSERT INTO meta VALUES (0, 0)");
  }
  const [meta] = await run<{ version: number }>("SELECT version FROM meta");
  return meta?.version ?? 0;
}

/** Data that came here from another server, by a dump, have seen higher numbers of transactions than this one has. */
async function keepPositionsRising(run: Run): Promise<void> {
  await run(`UPDATE meta SET feed_base = greatest(feed_base,
    (greatest((SELECT max(position) FROM change), (SELECT position FROM search_progress)) >> ${POSITION_BITS}) + 1 - pg_current_xact_id()::text::bigint)`);
}
