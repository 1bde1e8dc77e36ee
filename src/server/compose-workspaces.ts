// Part of compose: the folders that the configuration lets be read, each with its files and a thread of its own. Threads begin when they are asked.

import { availableParallelism } from "node:os";
import { type Clock, MillraceError } from "../base/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { type RootKind, rootKind, ServedFiles, WorkspaceThread } from "../workspace/index.ts";
import { openRecordStore } from "./compose-records.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { WorkspaceStart } from "./workspace-worker.ts";

export interface OpenWorkspace {
  readonly id: string;
  /** By what is there now. */
  readonly kind: () => RootKind;
  readonly files: ServedFiles;
  readonly thread: WorkspaceThread;
}

export interface OpenWorkspaces {
  /** Those that a tenant may read, in the order of the configuration. */
  of(tenant: string): readonly OpenWorkspace[];
  find(tenant: string, id: string): OpenWorkspace | undefined;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
/** Contents held, of all workspaces together; of one at least. */
const FILES_BYTES = 256 * MIB;
const FILES_BYTES_MIN = 16 * MIB;
const WORKER = new URL("./workspace-worker.ts", import.meta.url);

/** Folders need not be there yet. */
export async function openWorkspaces(
  { workspaces, dataDir }: Pick<Config, "workspaces" | "dataDir">,
  clock: Clock,
  monitor: Monitor,
  log: Log,
): Promise<OpenWorkspaces> {
  await tryRecords(dataDir, log);
  const bytesMax = Math.max(FILES_BYTES_MIN, Math.floor(FILES_BYTES / workspaces.length));
  const opened = workspaces.map(({ id, path: folder, tenants }) => {
    const startWorker = () => {
      const worker = new Worker(WORKER);
      worker.postMessage({ folder, recordsFolder: dataDir, workersMax: availableParallelism() } satisfies WorkspaceStart);
      return worker;
    };
    const workspace: OpenWorkspace = {
      id,
      kind: () => rootKind(folder),
      files: new ServedFiles({ folder, clock, bytesMax }),
      thread: new WorkspaceThread({ clock, startWorker }),
    };
    return { workspace, mayRead: (tenant: string) => tenants?.includes(tenant) ?? true };
  });
  watch(
    monitor,
    opened.map(({ workspace }) => workspace),
  );
  return {
    of: (tenant) => opened.filter(({ mayRead }) => mayRead(tenant)).map(({ workspace }) => workspace),
    find: (tenant, id) => opened.find(({ workspace, mayRead }) => workspace.id === id && mayRead(tenant))?.workspace,
    async close() {
      await Promise.all(opened.map(({ workspace }) => workspace.thread.close()));
    },
  };
}

/** Without records everything is parsed anew after each start, which somebody should know. */
async function tryRecords(folder: string, log: Log): Promise<void> {
  try {
    await openRecordStore(folder).close();
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    log.write("warn", "records-away", { code: error.code, message: error.message });
  }
}

function watch(monitor: Monitor, workspaces: readonly OpenWorkspace[]): void {
  const labels = ["workspace"] as const;
  const eachOf = (read: (workspace: OpenWorkspace) => number) => (set: (value: number, id: string) => void) => {
    for (const workspace of workspaces) set(read(workspace), workspace.id);
  };
  monitor.polledGauge({
    ...{
      name: "millrace_workspace_asks",
      help: "Questions that a workspace's thread is at work on, or that wait for it.",
      labels,
    },
    read: eachOf(({ thread }) => thread.stats().underWay),
  });
  monitor.polledCounter({
    ...{ name: "millrace_workspace_asks_total", help: "Questions to a workspace's thread: lists, searches, maps.", labels },
    read: eachOf(({ thread }) => thread.stats().asks),
  });
  monitor.polledCounter({
    ...{ name: "millrace_workspace_failures_total", help: "Threads of a workspace that ended when nobody wanted it.", labels },
    read: eachOf(({ thread }) => thread.stats().threadsFailed),
  });
  monitor.polledCounter({
    ...{ name: "millrace_workspace_file_hits_total", help: "Files given from memory, after a look at their stamps.", labels },
    read: eachOf(({ files }) => files.stats().hits),
  });
  monitor.polledCounter({
    ...{ name: "millrace_workspace_file_reads_total", help: "Files read from the disk.", labels },
    read: eachOf(({ files }) => files.stats().misses + files.stats().compared),
  });
  monitor.polledGauge({
    ...{ name: "millrace_workspace_file_bytes", help: "Bytes of files held in memory.", labels },
    read: eachOf(({ files }) => files.stats().bytes),
  });
}
