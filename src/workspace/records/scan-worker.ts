// A thread that scans. One batch at a time: an answer for each message, in order.

import { type Source, scanBatch } from "./scan-batch.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<readonly Source[]>) => {
  const records = scanBatch(data);
  self.postMessage(records, [records.bytes.buffer]);
};
