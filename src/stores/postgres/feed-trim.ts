// Drops what nobody needs of the feed of changes. Rows have no time of their own, so marks say up to where the index for search
// was at what time: what lies before a mark that is old enough is indexed, and at least as old.
// Invariant: the feed loses its oldest rows first, so that whoever follows it misses none between two that it sees.

import type { Run } from "./postgres-connection.ts";

/** In one transaction, so that it stays short. */
const ROWS_MAX = 10_000;
export const TRIM_EVERY_MS = 60_000;

/** @returns whether there may be more to drop now */
export async function trimFeed(run: Run, nowMs: number, keptMs: number): Promise<boolean> {
  const [due] = await run<{ position: number | null }>(
    "SELECT max(position)::float8 AS position FROM feed_mark WHERE at_ms <= $1::float8",
    [nowMs - keptMs],
  );
  const position = due?.position ?? null;
  if (position !== null) {
    const { affectedRows } = await run(
      `DELETE FROM change WHERE position <= (
        SELECT max(position) FROM (SELECT position FROM change WHERE position <= $1::int8 ORDER BY position LIMIT ${ROWS_MAX}) oldest)`,
      [position],
    );
    if (affectedRows === ROWS_MAX) return true;
    await run("DELETE FROM feed_mark WHERE position <= $1::int8", [position]);
  }
  await run(
    `INSERT INTO feed_mark (position, at_ms) SELECT position, $1::float8 FROM search_progress
      WHERE position > (SELECT coalesce(max(position), 0) FROM feed_mark)`,
    [nowMs],
  );
  return false;
}
