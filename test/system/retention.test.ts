// How long threads are kept, through the whole server: old conversations are taken in as an operator would, and a server that keeps them for
// a time removes them when it starts.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openThreadTransfer } from "../../src/server/index.ts";
import { startMillrace } from "../kit/millrace.ts";

const said = (sessionId: string, timestamp: string) =>
  JSON.stringify({ uuid: `${sessionId}-1`, sessionId, type: "user", timestamp, message: { role: "user", content: "words" } });

const LINES = [said("old", "2020-01-01T00:00:00.000Z"), said("new", "2999-01-01T00:00:00.000Z")].join("\n");

test("threads older than their tenant keeps are gone after a start, others are not, and the log says how many", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "millrace-retention-"));
  const before = await startMillrace({ dataDir });
  await before.stop();
  const taken = await openThreadTransfer(before.config);
  const owner = { team: "default", user: "local", keepsOwners: false };
  for (const tenant of ["default", "archive"]) {
    const source = new Blob([LINES]).stream();
    expect(await taken.importFile({ ...owner, tenant, source })).toMatchObject({ messages: 2 });
  }
  await taken.close();

  const threads = { retentionDays: 30, tenants: { archive: { retentionDays: 36_500 } } };
  const millrace = await startMillrace({ config: { threads }, dataDir });
  while ((await millrace.metric('millrace_thread_upkeep_total{job="retention"}')) < 1) await new Promise(setImmediate);
  const listed = await (await fetch(`${millrace.url}/api/threads`)).json();
  expect(listed.threads).toMatchObject([{ session: "claude-code:new" }]);
  expect(await millrace.metric('millrace_thread_upkeep_failures_total{job="retention"}')).toBe(0);
  await millrace.stop();
  const told = millrace.lines().filter(({ event }) => event === "thread-upkeep");
  expect(told).toMatchObject([{ level: "info", job: "retention", count: 1 }]);

  const after = await openThreadTransfer(millrace.config);
  expect([await after.count("default"), await after.count("archive")]).toEqual([1, 2]);
  await after.close();
  rmSync(dataDir, { recursive: true });
});
