// Answers questions of words, newest first. Words that many messages have are found in the newest rows; words that few have,
// by the index over words: neither way alone is quick for both. The index narrows down, with marks of rights in it; what a
// viewer may see is asked of the thread as well, in the same statement.

import type { Hit, ThreadFilter } from "../../ports/index.ts";
import { excerptAround, QUESTION_WORDS_MAX, textOf, wordsOf } from "../records/index.ts";
import { readMessageRanges } from "./message-reader.ts";
import { isPassable } from "./name-check.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { questionOf } from "./search-words.ts";
import { conditionsOf, Parameters, sightOf } from "./thread-filter.ts";
import { type ThreadRow, threadColumnsOf, threadOf } from "./thread-row.ts";
import { keyOf } from "./write-plan.ts";

const RECENT_ROWS = 1000;
/** Numbers of rows are below this. */
const END = Number.MAX_SAFE_INTEGER;

type HitRow = ThreadRow & { number: number; sequence: number };

export async function searchThreads(
  connection: PostgresConnection,
  filter: ThreadFilter,
  words: string,
  { after = END, limit }: { after?: number; limit: number },
): Promise<{ hits: readonly Hit[]; next?: number }> {
  const question = questionOf(words, filter);
  if (question === undefined || !isPassable(filter)) return { hits: [] };
  const parameters = new Parameters();
  const conditions = [...conditionsOf(filter, parameters), sightOf(filter.viewer, parameters)];
  const before = parameters.add(after, "int8");
  const matches = `s.words @@ ${parameters.add(question, "tsquery")}`;
  const newest = `s.tenant = $1 AND s.number < ${before} ORDER BY s.number DESC LIMIT ${RECENT_ROWS}`;
  const recent = `(SELECT * FROM search s WHERE ${newest}) s WHERE ${matches}`;
  // Sums are in no index, so that the rows come from the index over words alone. Else PostgreSQL looks up all rows of the tenant beside it.
  const all = `search s WHERE ${matches} AND s.tenant || '' = $1 AND s.number + 0 < ${before}`;
  const ask = (rows: string) =>
    connection.query<HitRow>(
      `SELECT hit.place::float8 AS number, hit.sequence, t.*
        FROM (SELECT s.thread, s.sequence, s.number + 0 AS place FROM ${rows} ORDER BY place DESC OFFSET 0) hit
        CROSS JOIN LATERAL (SELECT ${threadColumnsOf("t")} FROM thread t
          WHERE ${conditions.join(" AND ")} AND t.id BETWEEN hit.thread AND hit.thread ORDER BY t.id LIMIT 1) t
        ORDER BY hit.place DESC LIMIT ${limit + 1}`,
      parameters.values,
    );
  const found = await ask(recent);
  const rows = found.length > limit ? found : await ask(all);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hits = await withExcerpts(connection, shown, words);
  return { hits, ...(rows.length > limit && last ? { next: last.number } : {}) };
}

/** A message that was deleted a moment ago is no hit any more. */
async function withExcerpts(connection: PostgresConnection, rows: readonly HitRow[], words: string): Promise<readonly Hit[]> {
  const ranges = rows.map(({ tenant, id, sequence }) => ({ key: { tenant, id }, from: sequence, to: sequence }));
  const read = await readMessageRanges((text, parameters) => connection.query(text, parameters), ranges);
  const messages = new Map(read.map(({ key, message }) => [keyOf(key.id, String(message.sequence)), message]));
  const asked = wordsOf(words, QUESTION_WORDS_MAX);
  return rows.flatMap((row) => {
    const message = messages.get(keyOf(row.id, String(row.sequence)));
    if (message === undefined || "corrupt" in message) return [];
    return [{ thread: threadOf(row), sequence: row.sequence, excerpt: excerptAround(textOf(message.content), asked) }];
  });
}
