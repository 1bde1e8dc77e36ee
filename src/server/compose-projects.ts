// Part of compose: the projects whose developers share records, and the thread that keeps them. It begins when it is asked.

import type { Clock } from "../base/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { WorkspaceThread } from "../workspace/index.ts";
import type { Config } from "./config.ts";
import type { RecordCalls, RecordsStart } from "./records-worker.ts";

export interface OpenProjects {
  mayUse(tenant: string, project: string): boolean;
  readonly thread: WorkspaceThread<RecordCalls>;
  close(): Promise<void>;
}

const WORKER = new URL("./records-worker.ts", import.meta.url);

export function openProjects(
  { projects, dataDir: folder }: Pick<Config, "projects" | "dataDir">,
  clock: Clock,
  monitor: Monitor,
): OpenProjects {
  const startWorker = () => {
    const worker = new Worker(WORKER);
    worker.postMessage({ folder } satisfies RecordsStart);
    return worker;
  };
  const thread = new WorkspaceThread<RecordCalls>({ clock, startWorker });
  const tenantsOf = new Map(projects.map(({ id, tenants }) => [id, tenants]));
  monitor.polledCounter({
    ...{ name: "millrace_shared_records_asks_total", help: "Questions for records that projects share, and records told." },
    read: (set) => set(thread.stats().asks),
  });
  monitor.polledCounter({
    ...{ name: "millrace_shared_records_failures_total", help: "Ends of the thread that keeps them when nobody wanted it." },
    read: (set) => set(thread.stats().threadsFailed),
  });
  return {
    mayUse: (tenant, project) => tenantsOf.has(project) && (tenantsOf.get(project)?.includes(tenant) ?? true),
    thread,
    close: () => thread.close(),
  };
}
