// A thread that scans. One batch at a time: an answer for each message, in order.

import { systemClock } from "../../base/index.ts";
import { Grammars } from "../scan/tree-sitter/grammars.ts";
import { type Source, scanBatch } from "./scan-batch.ts";

declare const self: Worker;

const grammars = new Grammars(systemClock);

self.onmessage = async ({ data }: MessageEvent<readonly Source[]>) => {
  const records = await scanBatch(data, grammars);
  self.postMessage(records, [records.bytes.buffer]);
};
