// Runs the conformance suite of the record-store port against every store that claims it.

import { describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RecordStoreHarness, recordStoreCases } from "../src/ports/conformance/index.ts";
import type { RecordStore } from "../src/ports/index.ts";
import { MemoryRecordStore } from "../src/stores/memory/index.ts";
import { SqliteRecordStore } from "../src/stores/sqlite/index.ts";

function harnessOf(make: (name: string, bytesMax: number) => RecordStore, keeps: boolean, end = () => {}): RecordStoreHarness {
  const opened: RecordStore[] = [];
  return {
    keeps,
    open: async (name, bytesMax) => {
      const store = make(name, bytesMax);
      opened.push(store);
      return store;
    },
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      end();
    },
  };
}

function sqliteHarness(): RecordStoreHarness {
  const folder = mkdtempSync(join(tmpdir(), "millrace-records-"));
  const path = join(folder, "records.sqlite");
  return harnessOf(
    (namespace, bytesMax) => new SqliteRecordStore({ path, namespace, bytesMax }),
    true,
    () => rmSync(folder, { recursive: true }),
  );
}

function conform(store: string, make: () => RecordStoreHarness): void {
  describe(`records in ${store}`, () => {
    for (const { name, needsKeeping = false, run } of recordStoreCases) {
      const harness = make();
      if (needsKeeping && !harness.keeps) {
        test.skip(`skipped: ${name} (nothing outlives it)`, () => {});
        continue;
      }
      test(name, async () => {
        try {
          await run(harness);
        } finally {
          await harness.close();
        }
      });
    }
  });
}

conform("memory", () => harnessOf((_, bytesMax) => new MemoryRecordStore({ bytesMax }), false));
conform("SQLite", sqliteHarness);
