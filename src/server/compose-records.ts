// Part of compose: where parse records outlive a process.

import { join } from "node:path";
import type { RecordStore } from "../ports/index.ts";
import { SqliteRecordStore } from "../stores/sqlite/index.ts";

const RECORDS_BYTES = 2 * 1024 * 1024 * 1024;

/** One file in that folder, which processes of one machine may share. Throws as the store does when it cannot be used. */
export function openRecordStore(folder: string): RecordStore {
  return new SqliteRecordStore({ path: join(folder, "records.sqlite"), namespace: "records", bytesMax: RECORDS_BYTES });
}
