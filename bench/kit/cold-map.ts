// A process of its own that makes one map, and says how long it took and how much memory. Arguments: folder; a file of records, or none.

import { systemClock } from "../../src/base/index.ts";
import { openRecordStore } from "../../src/server/index.ts";
import { Workspace, type WorkspaceStats } from "../../src/workspace/index.ts";

export interface ColdMap {
  /** Until there is a map that can be asked, without counting tokens or writing it. */
  readonly analysedMs: number;
  readonly rssBytes: number;
  readonly stats: WorkspaceStats;
  readonly text: string;
}

if (import.meta.main) {
  const [folder = ".", records] = process.argv.slice(2);
  const store = records === undefined ? undefined : openRecordStore(records);
  const workspace = new Workspace({ folder, clock: systemClock, ...(store ? { store } : {}) });
  const { text } = await workspace.map({ budget: 1024 });
  const stats = workspace.stats();
  const { list, read, scan, analyse } = stats.stagesMs;
  // In kilobytes, at its largest.
  const result: ColdMap = {
    analysedMs: list + read + scan + analyse,
    rssBytes: process.resourceUsage().maxRSS * 1024,
    stats,
    text,
  };
  process.stdout.write(JSON.stringify(result));
  await workspace.close();
  await store?.close();
}
