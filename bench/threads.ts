// Claim: threads take many times what row at a time takes, durably: each append is acknowledged after the commit that held it was
// flushed, with its thread's row and summary kept. Beside: the same disk's raw flushes, and the plain pattern on the same engine.

import { Database } from "bun:sqlite";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { systemClock } from "../src/base/index.ts";
import { Batcher } from "../src/mechanisms/batch/index.ts";
import type { ThreadStore, ThreadWrite, ThreadWritten } from "../src/ports/index.ts";
import { PostgresThreadStore } from "../src/stores/postgres/index.ts";
import { SqliteThreadStore } from "../src/stores/sqlite/index.ts";
import { startPostgres } from "../test/kit/postgres-engine.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { milliseconds, percentile, times, whole } from "./kit/statistics.ts";

const CALLERS = 256;
const THREADS = 1000;
const TEXT = "x".repeat(2000);
const STEADY_RATE = 1000;
const CONNECTIONS = 16;
const BARS = { SQLite: 15_000, PostgreSQL: 20_000 } as const;
const OVER_PLAIN_MIN = 3;
const P99_MS_MAX = 10;
const LOOP_MS_MAX = 5;

type Append = (thread: number, number: number) => Promise<unknown>;

interface Contender {
  readonly name: string;
  readonly append: Append;
  /** Commits so far; undefined where the engine gathers by itself. */
  readonly commits?: () => number;
  close(): Promise<void>;
}

/** @param commitsMax more than 1 where the engine works in another process: callers and engine then work at the same time */
function throughBatcher(name: string, store: ThreadStore, commitsMax: number): Contender {
  const batcher = new Batcher<ThreadWrite, ThreadWritten>({
    commit: (writes) => {
      commits++;
      return store.write(writes);
    },
    bytesOf: () => TEXT.length,
    keyOf: ({ key }) => key.id,
    itemsMax: CALLERS / commitsMax,
    commitsMax,
  });
  let commits = 0;
  return {
    name,
    commits: () => commits,
    append: async (thread, number) => {
      const written = await batcher.add({
        kind: "put",
        key: { tenant: "bench", id: `t${thread}` },
        create: { user: `u${thread % 50}`, team: "bench", createdMs: systemClock.now(), visibility: "private" },
        messages: [
          {
            ...{ clientId: `m${number}`, role: "user", author: "bench", atMs: systemClock.now() },
            content: [{ type: "text", text: `${number} ${TEXT}` }],
          },
        ],
      });
      if (written.kind !== "written") throw new Error(`An append was answered "${written.kind}".`);
    },
    async close() {
      await batcher.close();
      await store.close();
    },
  };
}

/** The plain pattern: a transaction an append, on the calling thread. */
function plainSqlite(folder: string): Contender {
  const database = new Database(join(folder, "plain.db"), { create: true, strict: true });
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("CREATE TABLE thread (id TEXT PRIMARY KEY, active INTEGER, messages INTEGER, excerpt TEXT)");
  database.run("CREATE TABLE message (thread TEXT, sequence INTEGER, body TEXT, PRIMARY KEY (thread, sequence))");
  const thread = database.query(
    `INSERT INTO thread VALUES (?, ?, 1, ?) ON CONFLICT (id) DO UPDATE
     SET active = excluded.active, messages = messages + 1, excerpt = excluded.excerpt RETURNING messages`,
  );
  const message = database.query("INSERT INTO message VALUES (?, ?, ?)");
  const append = database.transaction((id: string, body: string) => {
    const { messages } = thread.get(id, Date.now(), body.slice(0, 200)) as { messages: number };
    message.run(id, messages, body);
  });
  return {
    name: "SQLite, row at a time",
    append: async (id, number) => append.immediate(`t${id}`, JSON.stringify([{ type: "text", text: `${number} ${TEXT}` }])),
    close: async () => database.close(),
  };
}

async function plainPostgres(url: string): Promise<Contender> {
  const sql = new SQL(url, { max: CONNECTIONS });
  await sql`CREATE TABLE plain_thread (id text PRIMARY KEY, active bigint, messages int, excerpt text)`;
  await sql`CREATE TABLE plain_message (thread text, sequence int, body text, PRIMARY KEY (thread, sequence))`;
  return {
    name: "PostgreSQL, row at a time",
    append: (id, number) =>
      sql.begin(async (transaction) => {
        const body = JSON.stringify([{ type: "text", text: `${number} ${TEXT}` }]);
        const [row] = await transaction`INSERT INTO plain_thread VALUES (${`t${id}`}, ${Date.now()}, 1, ${body.slice(0, 200)})
          ON CONFLICT (id) DO UPDATE SET active = excluded.active, messages = plain_thread.messages + 1,
          excerpt = excluded.excerpt RETURNING messages`;
        await transaction`INSERT INTO plain_message VALUES (${`t${id}`}, ${row.messages}, ${body})`;
      }),
    close: () => sql.close(),
  };
}

interface Rate {
  readonly perSecond: number;
  readonly perCommit: number | undefined;
}

/** All callers at once, each with one append under way. */
async function flood({ append, commits }: Contender, seconds: number): Promise<Rate> {
  let number = 0;
  const run = async (until: number) => {
    const began = { at: performance.now(), number, commits: commits?.() ?? 0 };
    const caller = async () => {
      while (performance.now() < until) await append(number % THREADS, number++);
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const done = number - began.number;
    const made = commits === undefined ? undefined : commits() - began.commits;
    return { perSecond: (1000 * done) / (performance.now() - began.at), perCommit: made === undefined ? undefined : done / made };
  };
  await run(performance.now() + 1000);
  return run(performance.now() + 1000 * seconds);
}

interface Steady {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late a timer of this thread ran, beyond what it does with nothing else to do. */
  readonly loopP99Ms: number;
}

/** So many appends a second, evenly, whatever the answers take. */
async function steady(append: Append | undefined, seconds: number): Promise<Steady> {
  const took: number[] = [];
  const late: number[] = [];
  const underWay: Promise<unknown>[] = [];
  const count = STEADY_RATE * seconds;
  const began = performance.now();
  for (let number = 0; number < count; ) {
    const tick = performance.now();
    await Bun.sleep(1);
    late.push(performance.now() - tick);
    for (const due = ((performance.now() - began) * STEADY_RATE) / 1000; number < Math.min(due, count); number++) {
      if (!append) continue;
      const asked = performance.now();
      const answered = append(number % THREADS, 1e9 + number).then(() => took.push(performance.now() - asked));
      underWay.push(answered);
    }
  }
  await Promise.all(underWay);
  return { p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99), loopP99Ms: percentile(late, 0.99) };
}

/** Flushes a second of one thread that appends 4 KB each time. */
function rawFlushes(folder: string): number {
  const file = openSync(join(folder, "raw"), "w");
  const page = new Uint8Array(4096);
  const until = performance.now() + 1000;
  let count = 0;
  for (; performance.now() < until; count++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  closeSync(file);
  return count;
}

async function measured(report: Report, contenders: readonly Contender[], engine: keyof typeof BARS): Promise<void> {
  const seconds = report.quick ? 3 : 10;
  const idle = await steady(undefined, report.quick ? 1 : 3);
  const rows: string[][] = [];
  const rates: number[] = [];
  for (const contender of contenders) {
    const { perSecond, perCommit } = await flood(contender, seconds);
    rates.push(perSecond);
    const isOurs = contender.commits !== undefined;
    const { p50Ms, p99Ms, loopP99Ms } = isOurs ? await steady(contender.append, seconds) : idle;
    const added = loopP99Ms - idle.loopP99Ms;
    rows.push([
      contender.name,
      whole(perSecond),
      perCommit === undefined ? "-" : perCommit.toFixed(0),
      ...(isOurs ? [milliseconds(p50Ms), milliseconds(p99Ms), milliseconds(added)] : ["-", "-", "-"]),
    ]);
    await contender.close();
    if (!isOurs || engine !== "SQLite") continue;
    report.bar(`append p99 at ${whole(STEADY_RATE)}/s at most ${P99_MS_MAX} ms`, milliseconds(p99Ms), p99Ms <= P99_MS_MAX);
    report.bar(`added event-loop delay p99 at most ${LOOP_MS_MAX} ms`, milliseconds(added), added <= LOOP_MS_MAX);
  }
  report.table([
    [
      `${CALLERS} callers, 2 KB, ${whole(THREADS)} threads`,
      "acknowledged/s",
      "a commit",
      `at ${whole(STEADY_RATE)}/s: p50`,
      "p99",
      "loop p99",
    ],
    ...rows,
  ]);
  const [ours = 0, plain = 1] = rates;
  report.bar(`${engine}: at least ${whole(BARS[engine])} acknowledged appends a second`, whole(ours), ours >= BARS[engine]);
  report.bar(`${engine}: at least ${OVER_PLAIN_MIN}x row at a time`, times(ours / plain), ours / plain >= OVER_PLAIN_MIN);
}

async function run(_rig: unknown, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-threads-"));
  try {
    say(`Raw flushes (fdatasync) of this disk: ${whole(rawFlushes(folder))} a second.`);
    const store = new SqliteThreadStore({ path: join(folder, "threads.db") });
    await measured(report, [throughBatcher("Millrace on SQLite", store, 1), plainSqlite(folder)], "SQLite");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const postgres = await startPostgres();
  if (postgres.kind === "missing") {
    report.bar("PostgreSQL", `could not be had: ${postgres.reason}`, undefined);
    return;
  }
  try {
    const { url } = postgres.engine;
    const ours = throughBatcher("Millrace on PostgreSQL", new PostgresThreadStore({ url, clock: systemClock }), 2);
    await measured(report, [ours, await plainPostgres(url)], "PostgreSQL");
  } finally {
    await postgres.engine.stop();
  }
}

await benchmark({
  claim:
    "Appends to threads, each acknowledged once it is durable (SQLite: synchronous=FULL; PostgreSQL: synchronous_commit=on).",
  needs: [],
  run,
});
