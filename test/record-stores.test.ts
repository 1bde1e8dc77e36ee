// Runs the conformance suite of the record-store port against every store that claims it.

import { describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, systemClock } from "../src/base/index.ts";
import { type RecordStoreHarness, recordStoreCases } from "../src/ports/conformance/index.ts";
import type { RecordStore } from "../src/ports/index.ts";
import { MemoryRecordStore } from "../src/stores/memory/index.ts";
import { SqliteRecordStore } from "../src/stores/sqlite/index.ts";
import { ServerRecords, SharedRecords } from "../src/workspace/index.ts";

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

/** The adapter of the port over HTTP, to what a server keeps for projects. */
function servedHarness(): RecordStoreHarness {
  const projects = new Map<string, SharedRecords>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const shared = projects.get(new URL(request.url).searchParams.get("project") ?? "");
      if (!shared) return new Response(null, { status: 404 });
      try {
        const body = await request.bytes();
        if (request.method === "PUT") return Response.json(await shared.keep("project", body));
        return new Response(await shared.find("project", body));
      } catch (error) {
        return new Response(null, { status: MillraceError.is(error, "store_unavailable") ? 503 : 400 });
      }
    },
  });
  const open = (project: string, bytesMax: number) => {
    const kept = projects.get(project) ?? new SharedRecords({ store: new MemoryRecordStore({ bytesMax }), isSound: () => true });
    projects.set(project, kept);
    return new ServerRecords({ url: server.url.href, project, clock: systemClock });
  };
  return harnessOf(open, true, () => void server.stop(true));
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
conform("a server", servedHarness);
