// A message as a row, both ways (stand-in until records are there).

import type { CorruptMessage, Message, NewMessage } from "../../ports/index.ts";
import type { Encoded } from "./thread-writer.ts";

export interface RecordRow {
  readonly sequence: number;
  readonly client_id: string;
  readonly chain: string | null;
  readonly record: Uint8Array;
}

export type Blobs = (hash: Uint8Array) => Uint8Array | undefined;

export function encodeMessage(message: NewMessage): Encoded {
  const { clientId, chain, ...rest } = message;
  void clientId;
  void chain;
  return { record: Buffer.from(JSON.stringify(rest)), blobs: [], excerpt: textOf(message).slice(0, 200) };
}

export function decodeMessage(row: RecordRow, blobs: Blobs): Message | CorruptMessage {
  void blobs;
  const { sequence, client_id: clientId, chain } = row;
  try {
    return { ...JSON.parse(Buffer.from(row.record).toString()), sequence, clientId, ...(chain === null ? {} : { chain }) };
  } catch {
    return { sequence, corrupt: true };
  }
}

export function textOf(message: Pick<NewMessage, "content">): string {
  return JSON.stringify(message.content);
}

export function excerptAround(content: NewMessage["content"], words: readonly string[]): string {
  const text = textOf({ content });
  const at = Math.max(0, text.toLowerCase().indexOf(words[0] ?? ""));
  return text.slice(Math.max(0, at - 80), at + 160);
}
