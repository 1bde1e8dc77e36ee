// Runs the thread store's conformance suite against every store that claims the port, on the real engine.

import { afterAll, describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../src/base/index.ts";
import { agreeWithModel, type ThreadStoreHarness, threadStoreCases } from "../src/ports/conformance/index.ts";
import type { ThreadStore } from "../src/ports/index.ts";
import { MemoryThreadStore } from "../src/stores/memory/index.ts";
import { PostgresThreadStore } from "../src/stores/postgres/index.ts";
import { SqliteThreadStore } from "../src/stores/sqlite/index.ts";
import { startPostgres } from "./kit/postgres-engine.ts";

const CASE_MS_MAX = 30_000;
const RUNS = 40;
const RUNS_MS_MAX = 20_000;

// Statistics are taken in transactions of their own, which hold the feed of changes back while they run. That what is written
// stays after a crash is asked elsewhere (test/faults).
const postgres = await startPostgres(["autovacuum=off", "fsync=off"]);

afterAll(async () => {
  if (postgres.kind === "ready") await postgres.engine.stop();
});

interface Lagging extends ThreadStore {
  /** Brings the search up to what is written now. */
  catchUp?(): Promise<void>;
}

function harnessOf(make: () => Lagging, sharesData: boolean): ThreadStoreHarness {
  const opened: Lagging[] = [];
  return {
    open: async () => {
      const store = make();
      opened.push(store);
      return store;
    },
    settle: async () => opened[0]?.catchUp?.(),
    sharesData,
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

function sqliteHarness(): ThreadStoreHarness {
  const folder = mkdtempSync(join(tmpdir(), "millrace-threads-"));
  const harness = harnessOf(() => new SqliteThreadStore({ path: join(folder, "threads.sqlite") }), false);
  return {
    ...harness,
    close: async () => {
      await harness.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function conform(engine: string, lack: string | undefined, make: (name: string) => ThreadStoreHarness): void {
  describe(`threads on ${engine}`, () => {
    for (const [index, { name, needs, run }] of threadStoreCases.entries()) {
      if (needs && lack) {
        test.skip(`skipped: ${name} (${lack})`, () => {});
        continue;
      }
      test(
        name,
        async () => {
          const harness = make(`case_${index}`);
          try {
            await run(harness);
          } finally {
            await harness.close();
          }
        },
        CASE_MS_MAX,
      );
    }
    test("any sequence of writes agrees with a plain model", () => agreeAlways(make("property")), CASE_MS_MAX);
  });
}

/** Each run has a tenant of its own, which begins with nothing. */
async function agreeAlways(harness: ThreadStoreHarness): Promise<void> {
  const store = await harness.open();
  const batches = fc.array(fc.array(fc.nat(), { maxLength: 8 }), { maxLength: 10 });
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(batches, (numbers) => agreeWithModel(store, `tenant ${++runs}`, numbers)),
      { numRuns: RUNS, interruptAfterTimeLimit: RUNS_MS_MAX },
    );
  } finally {
    await harness.close();
  }
}

conform("memory", "each has its own threads", () => harnessOf(() => new MemoryThreadStore(), false));
conform("SQLite", "a file has one server", sqliteHarness);
if (postgres.kind === "ready") {
  const { url } = postgres.engine;
  conform("PostgreSQL", undefined, (schema) =>
    harnessOf(() => new PostgresThreadStore({ url, schema, clock: systemClock, indexEveryMs: 0 }), true),
  );
} else {
  test.skip(`skipped: threads on PostgreSQL, ${threadStoreCases.length} cases (${postgres.reason})`, () => {});
}
