// Claim: among a million messages and a million threads, a thread opens, a listing turns its page at any depth, and words are found, in
// milliseconds; what is written is soon found. Beside: one JSON document a thread, pages by OFFSET, words by LIKE.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/index.ts";
import type { ThreadPlace, ThreadStore } from "../src/ports/index.ts";
import { PostgresThreadStore } from "../src/stores/postgres/index.ts";
import { SqliteThreadStore } from "../src/stores/sqlite/index.ts";
import { startPostgres } from "../test/kit/postgres-engine.ts";
import { PlainThreads } from "./kit/plain-threads.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";
import { PAGE, QUESTION_KINDS, THREAD_MESSAGES, ThreadWorld } from "./kit/thread-world.ts";

const DEEP_PAGE = 10_000;
const HITS = 20;
const WRITES_PER_SECOND = 1000;
const PROBE_MS = 200;
const BARS = { coldMs: 5, warmMs: 1, pageMs: 2, searchMs: 50, lagMs: 2000 } as const;
const COLD_CHILD = join(import.meta.dir, "kit", "cold-thread-read.ts");

type Store = ThreadStore & { catchUp(): Promise<void> };

interface Engine {
  readonly name: "SQLite" | "PostgreSQL";
  /** For a process of its own: what kind it is, and where. */
  readonly kind: "sqlite" | "postgres";
  readonly where: string;
  open(): Store & { ready(): Promise<void> };
}

interface Timed {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a terminal shows while something long goes on. */
function progress(what: string, share: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${share < 1 ? `${what} ${Math.floor(100 * share)} %` : ""}`);
}

/** One call after the other. What runs warm, and what the garbage of before costs, is not in the figures. */
async function timed(name: string, calls: number, call: () => unknown, warmUp = calls / 4): Promise<Timed> {
  for (let each = 0; each < warmUp; each++) await call();
  Bun.gc(true);
  const took: number[] = [];
  for (let each = 0; each < calls; each++) {
    const askedAt = performance.now();
    await call();
    took.push(performance.now() - askedAt);
  }
  return { name, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}

async function seed(store: Store, world: ThreadWorld, name: string): Promise<void> {
  const startedAt = performance.now();
  let [written, before]: [number, Promise<unknown>] = [0, Promise.resolve()];
  let [isFeeding, feeding] = [false, Promise.resolve()];
  for (const batch of world.batches()) {
    await before;
    before = store.write(batch);
    written += batch.length;
    if (!isFeeding) {
      isFeeding = true;
      feeding = store.catchUp().finally(() => {
        isFeeding = false;
      });
    }
    progress(`${name}: writing`, written / world.writes);
  }
  await Promise.all([before, feeding]);
  const writtenAt = performance.now();
  await store.catchUp();
  progress("", 1);
  const [writing, feedingOn] = [writtenAt - startedAt, performance.now() - writtenAt].map((ms) => (ms / 1000).toFixed(0));
  say(
    `${name}: ${whole(world.messages)} messages in ${whole(world.threads)} threads: ${writing} s, the index ${feedingOn} s more.`,
  );
}

/** Page after page, from there on. */
function walk(store: Store, world: ThreadWorld, sees: "all" | "own", from: ThreadPlace | undefined): () => Promise<void> {
  let [after, left] = [from, 100];
  return async () => {
    const page = await store.list(world.filter(sees), { limit: PAGE, ...(after ? { after } : {}) });
    if (page.length !== PAGE) throw new Error(`A page has ${page.length} threads.`);
    if (from === undefined) return;
    left--;
    const last = page.at(-1);
    after = left % 100 === 0 || !last ? from : { activeMs: last.activeMs, id: last.id };
  };
}

async function cold({ kind, where }: Engine, world: ThreadWorld, processes: number): Promise<Timed> {
  const took: number[] = [];
  for (let each = 0; each < processes; each++) {
    progress("New processes", each / processes);
    const { tenant, id } = world.key(world.anyTalk());
    const child = Bun.spawn([process.execPath, COLD_CHILD, kind, where, tenant, id], { stdout: "pipe", stderr: "inherit" });
    took.push(Number(await new Response(child.stdout).text()));
    if ((await child.exited) !== 0) throw new Error("A process that reads a thread failed.");
  }
  progress("", 1);
  return { name: "thread, first of a process", p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}

/** Writes evenly; how long until what was just written is found. */
async function indexLag(store: Store, world: ThreadWorld, seconds: number): Promise<Timed> {
  const lags: number[] = [];
  /** One at a time: many who ask again and again would be the load. */
  let probe: Promise<void> | undefined;
  const found = async (word: string) => {
    const writtenAt = performance.now();
    while ((await store.search(world.filter("all"), word, { limit: 1 })).hits.length === 0) await Bun.sleep(10);
    lags.push(performance.now() - writtenAt);
    probe = undefined;
  };
  const count = WRITES_PER_SECOND * seconds;
  const began = performance.now();
  let lastProbeAt = began;
  for (let number = 0; number < count; ) {
    await Bun.sleep(10);
    const due = Math.min(count, Math.floor(((performance.now() - began) * WRITES_PER_SECOND) / 1000));
    if (due === number) continue;
    const isProbed = probe === undefined && performance.now() - lastProbeAt >= PROBE_MS;
    const texts = Array.from({ length: due - number }, () => world.text());
    const word = `probe${number}`;
    if (isProbed) texts.push(word);
    await store.write(texts.map((text) => world.append(0, text)));
    number = due;
    if (!isProbed) continue;
    lastProbeAt = performance.now();
    probe = found(word);
  }
  await probe;
  return {
    name: `found after it was written, at ${whole(WRITES_PER_SECOND)}/s`,
    p50Ms: percentile(lags, 0.5),
    p99Ms: percentile(lags, 1),
  };
}

async function readings(store: Store, world: ThreadWorld, quick: boolean) {
  const calls = quick ? 400 : 2000;
  const read = () => store.messages(world.key(world.anyTalk()), { after: 0, limit: THREAD_MESSAGES });
  const warm = await timed(`thread of ${THREAD_MESSAGES} messages`, calls, read);
  const pages: Timed[] = [];
  for (const sees of ["all", "own"] as const) {
    const whose = sees === "all" ? "operator" : "viewer";
    const { page, after } = world.pageAt(sees, DEEP_PAGE);
    pages.push(await timed(`page 1 of ${PAGE} threads, ${whose}`, calls, walk(store, world, sees, undefined)));
    pages.push(await timed(`page ${whole(page)}, ${whose}`, calls, walk(store, world, sees, after)));
  }
  const searches: Timed[] = [];
  for (const kind of QUESTION_KINDS) {
    for (const sees of ["all", "own"] as const) {
      const ask = () => store.search(world.filter(sees), world.question(kind), { limit: HITS });
      searches.push(await timed(`${kind}, ${sees === "all" ? "tenant" : "viewer"}`, calls / 4, ask, 20));
    }
  }
  return { warm, pages, searches };
}

async function plain(world: ThreadWorld, folder: string, quick: boolean): Promise<Map<string, Timed>> {
  const threads = new PlainThreads(join(folder, "plain.db"));
  threads.seed(world, (done) => progress("Plain documents", done / world.threads));
  progress("", 1);
  const { page } = world.pageAt("all", DEEP_PAGE);
  const ask = (kind: (typeof QUESTION_KINDS)[number]) => () => threads.search(world.tenant, world.question(kind), HITS);
  const timings = [
    await timed(`thread of ${THREAD_MESSAGES} messages`, quick ? 200 : 500, () => threads.messages(world, world.anyTalk())),
    await timed(`page 1 of ${PAGE} threads, operator`, 200, () => threads.list(world.tenant, 1)),
    await timed(`page ${whole(page)}, operator`, 20, () => threads.list(world.tenant, page)),
    await timed("rare word, tenant", 4, ask("rare word"), 1),
    await timed("common word, tenant", 4, ask("common word"), 1),
    await timed("two medium words, tenant", 4, ask("two medium words"), 1),
  ];
  threads.close();
  return new Map(timings.map((timing) => [timing.name, timing]));
}

async function measured(report: Report, engine: Engine, world: ThreadWorld, beside: ReadonlyMap<string, Timed>): Promise<Timed> {
  const store = engine.open();
  await store.ready();
  await seed(store, world, engine.name);
  const { warm, pages, searches } = await readings(store, world, report.quick);
  const lag = await indexLag(store, world, report.quick ? 3 : 10);
  await store.close();
  const first = await cold(engine, world, report.quick ? 20 : 100);
  const rows = [warm, first, ...pages, ...searches, lag].map(({ name, p50Ms, p99Ms }) => {
    const other = beside.get(name);
    const figures = [milliseconds(p50Ms), milliseconds(p99Ms)];
    return [name, ...figures, ...(other ? [milliseconds(other.p50Ms), milliseconds(other.p99Ms)] : ["-", "-"])];
  });
  report.table([[engine.name, "p50", "p99", "plain documents: p50", "p99"], ...rows]);
  const bar = (claim: string, reached: readonly Timed[], msMax: number) => {
    const worst = Math.max(...reached.map(({ p99Ms }) => p99Ms));
    report.bar(`${engine.name}: ${claim} at most ${msMax} ms`, milliseconds(worst), worst <= msMax);
  };
  bar(`thread of ${THREAD_MESSAGES} messages, p99`, [warm], BARS.warmMs);
  bar("the same in a new process, p99", [first], BARS.coldMs);
  bar(`page of ${PAGE} threads at any depth, p99`, pages, BARS.pageMs);
  bar("search, whatever the words, p99", searches, BARS.searchMs);
  bar(`index lag at ${whole(WRITES_PER_SECOND)} messages a second`, [lag], BARS.lagMs);
  return warm;
}

const NOTHING: ReadonlyMap<string, Timed> = new Map();

async function run(rig: Rig, report: Report): Promise<void> {
  // What is under test has threads of its own, in this process: it gets all cores.
  Bun.spawnSync(["taskset", "-a", "-c", "-p", `0-${availableParallelism() - 1}`, String(process.pid)]);
  const count = report.quick ? 100_000 : 1_000_000;
  const path = join(rig.folder, "threads.db");
  const world = new ThreadWorld(count);
  const beside = await plain(new ThreadWorld(count), rig.folder, report.quick);
  const sqlite: Engine = { name: "SQLite", kind: "sqlite", where: path, open: () => new SqliteThreadStore({ path }) };
  await measured(report, sqlite, world, beside);
  const postgres = await startPostgres();
  if (postgres.kind === "missing") {
    report.bar("PostgreSQL", `could not be had: ${postgres.reason}`, undefined);
    return;
  }
  try {
    const { url } = postgres.engine;
    const open = () => new PostgresThreadStore({ url, clock: systemClock });
    await measured(report, { name: "PostgreSQL", kind: "postgres", where: url, open }, new ThreadWorld(count), NOTHING);
  } finally {
    await postgres.engine.stop();
  }
}

await benchmark({
  claim: `Reading among many threads: each in ${THREAD_MESSAGES} messages of 2 KB, arrived in turns of two while 1,000 conversations went on.`,
  needs: [],
  run,
});
