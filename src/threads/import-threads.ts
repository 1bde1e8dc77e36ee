// Threads out of lines of JSON: our own export, Claude Code's transcripts, Codex's rollouts. One line and one write are in memory at a time. To
// import a file again adds nothing: ids of threads and messages come from the file. A record that cannot be read costs itself alone.
// For operators: a file says which threads it adds to, and nobody's rights are asked.

import { MillraceError } from "../base/index.ts";
import type { NewMessage } from "../ports/index.ts";
import { ClaudeCodeTranscript } from "./claude-code-transcript.ts";
import { CodexRollout } from "./codex-rollout.ts";
import type { Imported, Importer, RecordReader } from "./imported.ts";
import { type JsonLine, jsonLines } from "./json-lines.ts";
import { OwnLines } from "./own-lines.ts";
import type { Redact } from "./redaction.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

const LINE_BYTES_MAX = 128 * 1024 * 1024;
const MESSAGES_MAX = 100;
const UNITS_MAX = 1024 * 1024;

export interface ImportOptions extends Importer {
  readonly source: AsyncIterable<Uint8Array>;
  readonly write: WriteThread;
  readonly redact: Redact;
  /** Owners and visibility as our own export says, in place of the importer's. */
  readonly keepsOwners?: boolean;
  /** Lines before this one are read and not written: they were written before. */
  readonly fromLine?: number;
  /** After each write: all lines up to this one are durable. */
  readonly onProgress?: (line: number) => void;
}

export interface ImportResult {
  readonly messages: number;
  /** Messages of threads that were deleted here, or that the store does not take. */
  readonly refused: number;
  /** Lines that no thread has use for, and lines that cannot be read. */
  readonly skipped: number;
  readonly broken: number;
}

/** Rejects as the store does; `option_invalid` for a file of none of the formats. To go on: the same again, or `fromLine`. */
export async function importThreads(options: ImportOptions): Promise<ImportResult> {
  const counts = { messages: 0, refused: 0, skipped: 0, broken: 0 };
  let reader: RecordReader | undefined;
  let batch: Batch | undefined;
  const flush = async (line: number) => {
    if (!batch) return;
    const sent = batch;
    batch = undefined;
    counts[(await send(sent, options)) ? "messages" : "refused"] += sent.messages.length;
    options.onProgress?.(line);
  };
  let before = 0;
  for await (const line of jsonLines(options.source, LINE_BYTES_MAX)) {
    reader ??= readerFor(line, options);
    const read = reader?.read(line) ?? (line.record ? "skipped" : "broken");
    if (typeof read === "string") counts[read]++;
    else if (line.number >= (options.fromLine ?? 0)) {
      if (batch && (batch.thread !== read.thread || batch.messages.length >= MESSAGES_MAX || batch.units >= UNITS_MAX))
        await flush(before);
      batch = joined(batch, read, options.redact);
    }
    before = line.number;
  }
  await flush(before);
  if (!reader && before > 0) {
    throw new MillraceError(
      "option_invalid",
      "The file is no export of threads, no Claude Code transcript and no Codex rollout.",
    );
  }
  return counts;
}

interface Batch extends Omit<Imported, "message"> {
  readonly messages: NewMessage[];
  units: number;
}

function joined(batch: Batch | undefined, { message, change, thread, create }: Imported, redact: Redact): Batch {
  const next = batch ?? { thread, create, messages: [], units: 0 };
  if (message) {
    next.messages.push({ ...message, content: redact(message.content) });
    next.units += JSON.stringify(message.content).length;
  }
  return change ? { ...next, change: { ...next.change, ...change } } : next;
}

async function send({ thread, create, change, messages }: Batch, { tenant, write, redact }: ImportOptions): Promise<boolean> {
  const title = (given: string | undefined) => (given === undefined ? {} : { title: String(redact([given])[0]) });
  const order = {
    kind: "put" as const,
    messages,
    create: { ...create, ...title(create.title) },
    ...(change ? { change: { ...change, ...title(change.title) } } : {}),
  };
  const written = await write({ ...order, key: { tenant, id: thread } }, RANK.imported);
  if (written.kind !== "taken") return written.kind === "written";
  return (await write({ ...order, key: { tenant, id: written.thread } }, RANK.imported)).kind === "written";
}

/** By the first record that tells. */
function readerFor({ record }: JsonLine, options: ImportOptions): RecordReader | undefined {
  if (record?.kind === "thread") return new OwnLines(options, options.keepsOwners === true);
  if (record && "sessionId" in record) return new ClaudeCodeTranscript(options);
  return record && "payload" in record && "type" in record ? new CodexRollout(options) : undefined;
}
