// The thread that keeps the records which projects share: it checks what comes, packs what goes, and waits for the disk. The first message says where.

import { join } from "node:path";
import { SqliteRecordStore } from "../stores/sqlite/index.ts";
import { answerAsks, isSound, type Kept, SharedRecords } from "../workspace/index.ts";

export interface RecordsStart {
  readonly folder: string;
}

/** What it can be asked; see SharedRecords. */
export type RecordCalls = ReturnType<typeof recordCalls>;

/** Of all projects together. The oldest go first. */
const BYTES_MAX = 4 * 1024 * 1024 * 1024;

declare const self: Worker;

function recordCalls(shared: () => SharedRecords) {
  return {
    find: ({ project, question }: { project: string; question: Uint8Array }): Promise<Uint8Array> =>
      shared().find(project, question),
    keep: ({ project, packed }: { project: string; packed: Uint8Array }): Promise<Kept> => shared().keep(project, packed),
  };
}

self.onmessage = ({ data: { folder } }: MessageEvent<RecordsStart>) => {
  let opened: SharedRecords | undefined;
  // Opened by the first question: one that cannot be opened is tried again by the next.
  const shared = () => {
    const path = join(folder, "shared-records.sqlite");
    opened ??= new SharedRecords({ store: new SqliteRecordStore({ path, namespace: "shared", bytesMax: BYTES_MAX }), isSound });
    return opened;
  };
  const hosted = { calls: recordCalls(shared), close: async () => opened?.close() };
  const answer = answerAsks(hosted, (reply, transfer) => self.postMessage(reply, transfer));
  self.onmessage = ({ data }: MessageEvent<Parameters<typeof answer>[0]>) => answer(data);
};
