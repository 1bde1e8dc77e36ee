// Messages as JSON on their way out. One without blobs is JSON already: its checksum is compared, its sequence is put behind it,
// and nobody takes it apart before the one who asked.

import { utf8 } from "../../base/index.ts";
import type { CorruptMessage, Message } from "../../ports/index.ts";
import { jsonIn } from "./thread-record.ts";

/** The bytes of an object and, behind them, the end of it: together one element of a list. */
export type MessageText = readonly [start: Uint8Array, end: Uint8Array];

/** Of a record without blobs. Undefined: it is broken. */
export function wholeText(record: Uint8Array, sequence: number): MessageText | undefined {
  const json = jsonIn(record);
  // In JSON the later of two entries with one name counts.
  return json && [json.subarray(0, -1), utf8(`,"sequence":${sequence}}`)];
}

export const messageText = (message: Message | CorruptMessage): MessageText => [utf8(JSON.stringify(message)), NOTHING];

export function listText(messages: readonly MessageText[]): string {
  const parts: Uint8Array[] = [];
  for (const [start, end] of messages) parts.push(parts.length === 0 ? NOTHING : COMMA, start, end);
  return `[${Buffer.concat(parts).toString()}]`;
}

const NOTHING = new Uint8Array();
const COMMA = utf8(",");
