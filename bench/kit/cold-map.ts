// A process of its own that makes one map, and says how long it took and how much memory. Arguments: folder;
// a folder of records, or none; the address of a server that shares those of a project called app, or none.

import { systemClock } from "../../src/base/index.ts";
import { openRecordStore } from "../../src/server/index.ts";
import {
  LayeredRecords,
  ServerRecords,
  type ServerRecordsStats,
  Workspace,
  type WorkspaceStats,
} from "../../src/workspace/index.ts";

export interface ColdMap {
  /** Until there is a map that can be asked, without counting tokens or writing it. */
  readonly analysedMs: number;
  readonly rssBytes: number;
  readonly stats: WorkspaceStats;
  readonly text: string;
  /** Moved between here and the server. */
  readonly moved: ServerRecordsStats | undefined;
}

if (import.meta.main) {
  const [folder = ".", records, url] = process.argv.slice(2);
  const near = records === undefined ? undefined : openRecordStore(records);
  const far = url === undefined ? undefined : new ServerRecords({ url, project: "app", clock: systemClock });
  const trouble = (error: unknown) => console.error(error);
  const store = far ? new LayeredRecords({ near, far, clock: systemClock, trouble }) : near;
  const workspace = new Workspace({ folder, clock: systemClock, ...(store ? { store } : {}) });
  const { text } = await workspace.map({ budget: 1024 });
  const stats = workspace.stats();
  const { list, read, scan, analyse } = stats.stagesMs;
  // In kilobytes, at its largest.
  const result: Omit<ColdMap, "moved"> = {
    analysedMs: list + read + scan + analyse,
    rssBytes: process.resourceUsage().maxRSS * 1024,
    stats,
    text,
  };
  await workspace.close();
  await store?.close();
  process.stdout.write(JSON.stringify({ ...result, moved: far?.stats() }));
}
