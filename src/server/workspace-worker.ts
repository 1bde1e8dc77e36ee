// The thread of one workspace: its files or commits, with the records that all workspaces of this server share. The first message says which.

import { MillraceError, systemClock } from "../base/index.ts";
import type { RecordStore } from "../ports/index.ts";
import { answerAsks, CommitMaps, type Hosted, hostedCalls, Workspace } from "../workspace/index.ts";
import { openRecordStore } from "./compose-records.ts";

export interface WorkspaceStart {
  readonly folder: string;
  /** Where parse records are kept. */
  readonly recordsFolder: string;
  /** Threads that scan. */
  readonly workersMax: number;
}

declare const self: Worker;

function hosted({ folder, recordsFolder, workersMax }: WorkspaceStart): Hosted {
  const store = openStore(recordsFolder);
  const options = { folder, clock: systemClock, workersMax, ...(store ? { store } : {}) };
  let workspace: Workspace | undefined;
  let commits: CommitMaps | undefined;
  return {
    calls: hostedCalls({
      workspace: () => {
        workspace ??= there(() => new Workspace({ ...options, isWatched: true }));
        return workspace;
      },
      commits: () => {
        commits ??= new CommitMaps(options);
        return commits;
      },
    }),
    async close() {
      await Promise.all([workspace?.close(), commits?.close()]);
      await store?.close();
    },
  };
}

/** Without one everything is computed again. The server has told of it when it started. */
function openStore(folder: string): RecordStore | undefined {
  try {
    return openRecordStore(folder);
  } catch (error) {
    if (MillraceError.is(error)) return undefined;
    throw error;
  }
}

/** The only option that can be wrong here is the folder. */
function there<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!MillraceError.is(error, "option_invalid")) throw error;
    throw new MillraceError("workspace_failed", "The folder of the workspace is not there.", { cause: error });
  }
}

self.onmessage = ({ data: start }: MessageEvent<WorkspaceStart>) => {
  const answer = answerAsks(hosted(start), (reply, transfer) => self.postMessage(reply, transfer));
  self.onmessage = ({ data }: MessageEvent<Parameters<typeof answer>[0]>) => answer(data);
};
