// A thread that scans. One batch at a time: an answer for each message, in order.

import { systemClock } from "../../base/index.ts";
import { Grammars } from "../scan/tree-sitter/grammars.ts";
import { BatchScanner, type Packed, unpacked } from "./scan-batch.ts";

declare const self: Worker;

const scanner = new BatchScanner(new Grammars(systemClock));

self.onmessage = async ({ data }: MessageEvent<Packed>) => {
  const records = await scanner.scan(unpacked(data));
  self.postMessage(records, [records.bytes.buffer]);
};
