// Fills the table that is searched from the feed of changes, behind the writes, so that search never delays one. Of all
// servers one works at a time. Invariant: rows and how far they go are committed together, so that a change is never left
// out nor taken twice; whatever the index says, who may see a thread is asked of the thread (searchThreads).

import { type Cancel, type Clock, MillraceError } from "../../base/index.ts";
import type { ThreadKey, Visibility } from "../../ports/index.ts";
import { isSearched, textOf } from "../records/index.ts";
import { CHANGES, type ChangeRow } from "./feed.ts";
import { TRIM_EVERY_MS, trimFeed } from "./feed-trim.ts";
import { type Read, readMessageRanges } from "./message-reader.ts";
import type { PostgresConnection, Run } from "./postgres-connection.ts";
import { rowsStatement } from "./rows-statement.ts";
import { lastingMarks, visibilityMark, wordsOfMessage } from "./search-words.ts";
import { keyOf } from "./write-plan.ts";

const CHANGES_MAX = 500;
const STEP_MS_MAX = 60_000;
/** A fifth of its time is rest at the least. */
const RESTS_LEAST = 4;

const LOCK = "hashtextextended('millrace search ' || current_schema(), 0)";
const TRY_LOCK = `SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`;
const WAIT_FOR_LOCK = `SELECT pg_advisory_xact_lock(${LOCK}) IS NULL AS waited`;

/**
 * A new row's words lie in a list first that every question reads through, and go to their places many rows at a time, which
 * costs half as much. So it may get long under load, and is emptied once the load is over. A partitioned table has several.
 */
const EMPTY_PENDING_LISTS = `SELECT gin_clean_pending_list(c.oid)
  FROM (SELECT 'search'::regclass AS relid UNION SELECT relid FROM pg_partition_tree('search')) part
  JOIN pg_index i ON i.indrelid = part.relid JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_am a ON a.oid = c.relam AND a.amname = 'gin'`;

interface SeenThread {
  tenant: string;
  id: string;
  user_id: string;
  team: string;
  visibility: Visibility;
  deleted: boolean;
}

export class SearchIndex {
  readonly #connection: PostgresConnection;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #keptMs: number;
  #trimMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;
  #running: Promise<void> | undefined;
  /** Steps in a row that left something to do, up to RESTS_LEAST. */
  #behind = 0;
  #stopped = false;

  /**
   * @param everyMs how long after a look at the feed the next is taken
   * @param keptMs how long changes stay in the feed, at least
   */
  constructor(connection: PostgresConnection, clock: Clock, everyMs: number, keptMs: number) {
    if (!(Number.isFinite(keptMs) && keptMs >= 0))
      throw new MillraceError("option_invalid", "The PostgreSQL store needs changesKeptMs: a number of at least 0.");
    this.#connection = connection;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#keptMs = keptMs;
  }

  start(): void {
    if (this.#stopped || this.#cancel) return;
    this.#plan(this.#everyMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  /** Up to all that is settled now, also when another server is at it. */
  async catchUp(): Promise<void> {
    while ((await this.#step("wait")) === "more") if (this.#stopped) return;
  }

  #plan(waitMs: number): void {
    this.#cancel = this.#clock.schedule(waitMs, () => {
      this.#running = this.#work();
    });
  }

  /** While there is much to do it rests as long as it worked, since writes come first; and less when it falls behind all the same. */
  async #work(): Promise<void> {
    const startMs = this.#clock.monotonic();
    let outcome: "more" | "done" = "done";
    try {
      outcome = await this.#step("try");
    } catch (error) {
      if (!MillraceError.is(error)) throw error; // The engine is away: the next look finds it back.
    }
    this.#behind = outcome === "more" ? Math.min(this.#behind + 1, RESTS_LEAST) : 0;
    if (!this.#stopped) this.#plan(this.#behind > 0 ? (this.#clock.monotonic() - startMs) / this.#behind : this.#everyMs);
  }

  /** Each minute, and on while there is more. */
  async #trim(run: Run): Promise<void> {
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#trimMs) return;
    const isMore = await trimFeed(run, this.#clock.now(), this.#keptMs);
    if (!isMore) this.#trimMs = nowMs + TRIM_EVERY_MS;
  }

  #step(how: "try" | "wait"): Promise<"more" | "done"> {
    return this.#connection.transaction(async (run) => {
      const [lock] = await run<{ mine: boolean }>(how === "try" ? TRY_LOCK : WAIT_FOR_LOCK);
      if (lock?.mine === false) return "done";
      await run(`SET LOCAL statement_timeout = ${STEP_MS_MAX}`);
      const [progress] = await run<{ position: number; number: number }>(
        "SELECT position::float8 AS position, number::float8 AS number FROM search_progress",
      );
      const { position = 0, number = 0 } = progress ?? {};
      await this.#trim(run);
      const changes = await run<ChangeRow>(CHANGES, [position, CHANGES_MAX]);
      const last = changes.at(-1);
      if (last === undefined) return "done";
      const added = await index(run, changes, number);
      await run("UPDATE search_progress SET position = $1, number = $2", [last.position, number + added]);
      if (changes.length === CHANGES_MAX) return "more";
      await run(EMPTY_PENDING_LISTS);
      return "done";
    }, STEP_MS_MAX);
  }
}

const THREAD = { tenant: "text", thread: "text" } as const;

const seeThreads = rowsStatement<typeof THREAD, SeenThread>(
  THREAD,
  (n) => `SELECT t.tenant, t.id, t.user_id, t.team, t.visibility, t.deleted_ms IS NOT NULL AS deleted
    FROM ${n} JOIN thread t ON t.tenant = n.tenant AND t.id = n.thread`,
);

const addRows = rowsStatement(
  { ...THREAD, number: "int8", sequence: "int4", visibility: "text", words: "text" },
  (n) => `INSERT INTO search (tenant, thread, number, sequence, visibility, words)
    SELECT tenant, thread, number, sequence, visibility, array_to_tsvector(string_to_array(words, ' ')) FROM ${n}
    ON CONFLICT (tenant, thread, sequence) DO NOTHING`,
);

const removeThreads = rowsStatement(
  THREAD,
  (n) => `DELETE FROM search s USING ${n} WHERE s.tenant = n.tenant AND s.thread = n.thread`,
);

/** Rows of a thread are marked alike: the first one tells whether they have to be marked anew. */
const markAnew = rowsStatement(
  { ...THREAD, visibility: "text", mark: "text", others: "text" },
  (n) => `WITH moved AS MATERIALIZED (SELECT n.* FROM ${n} CROSS JOIN LATERAL (
        SELECT s.visibility FROM search s WHERE s.tenant = n.tenant AND s.thread = n.thread ORDER BY s.sequence LIMIT 1) old
      WHERE old.visibility <> n.visibility)
    UPDATE search s SET visibility = moved.visibility,
      words = ts_delete(s.words, string_to_array(moved.others, ' ')) || array_to_tsvector(ARRAY[moved.mark])
    FROM moved WHERE s.tenant = moved.tenant AND s.thread = moved.thread`,
);

/** @returns how many numbers were used */
async function index(run: Run, changes: readonly ChangeRow[], number: number): Promise<number> {
  const keys = new Map(changes.map(({ tenant, thread }) => [keyOf(tenant, thread), { tenant, thread }]));
  const threads = new Map((await seeThreads(run, [...keys.values()])).map((row) => [keyOf(row.tenant, row.id), row]));
  const live = [...threads.values()].filter(({ deleted }) => !deleted);
  await markAnew(run, live.map(marksOf));
  const gone = [...threads.values()].filter(({ deleted }) => deleted).map(({ tenant, id }) => ({ tenant, thread: id }));
  await removeThreads(run, gone);
  const ranges = changes
    .filter(({ first, last, tenant, thread }) => first <= last && threads.get(keyOf(tenant, thread))?.deleted === false)
    .map(({ tenant, thread, first, last }) => ({ key: { tenant, id: thread }, from: first, to: last }));
  const read = new Map((await readMessageRanges(run, ranges)).map((each) => [nameOf(each.key, each.message.sequence), each]));
  const rows = [];
  for (const { key, from, to } of ranges) {
    for (let sequence = from; sequence <= to; sequence++) {
      const found = read.get(nameOf(key, sequence));
      const thread = threads.get(keyOf(key.tenant, key.id));
      if (found && thread) rows.push(searchRow(found, thread, number + rows.length + 1));
    }
  }
  await addRows(run, rows);
  return rows.length;
}

const nameOf = ({ tenant, id }: ThreadKey, sequence: number) => keyOf(tenant, id, String(sequence));

function searchRow({ key, message }: Read, thread: SeenThread, number: number) {
  const words = "corrupt" in message || !isSearched(message) ? [] : wordsOfMessage(textOf(message.content));
  const marks = [
    ...lastingMarks({ tenant: key.tenant, user: thread.user_id, team: thread.team }),
    visibilityMark(thread.visibility),
  ];
  return {
    tenant: key.tenant,
    thread: key.id,
    number,
    sequence: message.sequence,
    visibility: thread.visibility,
    words: [...words, ...marks].join(" "),
  };
}

function marksOf({ tenant, id, visibility }: SeenThread) {
  const all: readonly Visibility[] = ["private", "team", "organisation"];
  const others = all.filter((each) => each !== visibility).map(visibilityMark);
  return { tenant, thread: id, visibility, mark: visibilityMark(visibility), others: others.join(" ") };
}
