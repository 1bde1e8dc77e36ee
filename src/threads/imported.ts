// What a reader of some format makes of a record: where it belongs, and the message that it is.

import type { NewMessage, NewThread, ThreadChange } from "../ports/index.ts";
import type { JsonLine } from "./json-lines.ts";

export interface Imported {
  readonly thread: string;
  readonly create: NewThread;
  readonly change?: ThreadChange;
  readonly message?: NewMessage;
}

/** Whose the threads are, and what is not in the file. */
export interface Importer {
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly nowMs: number;
}

/** Told every record of a file in its order. `skipped`: nothing that a thread has. `broken`: it cannot be read. */
export interface RecordReader {
  read(line: JsonLine): Imported | "skipped" | "broken";
}
