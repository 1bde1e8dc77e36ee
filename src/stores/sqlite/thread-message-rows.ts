// Messages for reading, whole or named as broken. A page of the file that cannot be read any more costs the messages on it
// alone: the rest of a thread is read around them, one by one.

import type { Database } from "bun:sqlite";
import type { Message } from "../../ports/index.ts";
import { isCorrupt } from "./thread-file.ts";
import { type MessageText, messageText, wholeText } from "./thread-message-text.ts";
import { decodeMessage, namesIn } from "./thread-record.ts";

interface MessageRow {
  sequence: number;
  record: Uint8Array;
}

interface SpanRow extends MessageRow {
  /** 1: nothing of it lies apart. */
  whole: number;
}

interface MessagePlace {
  position: number;
  thread: number;
  sequence: number;
  record: Uint8Array;
}

export class StoredMessages {
  readonly #span;
  readonly #one;
  readonly #chain;
  readonly #blob;
  readonly #place;
  readonly #at;

  constructor(database: Database) {
    this.#span = database.query<SpanRow, [number, number, number]>(
      "SELECT sequence, blobs IS NULL AS whole, record FROM message WHERE thread = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
    );
    this.#one = database.query<SpanRow, [number, number]>(
      "SELECT sequence, blobs IS NULL AS whole, record FROM message WHERE thread = ? AND sequence = ?",
    );
    this.#chain = database.query<MessagePlace, [number]>(
      "SELECT position, thread, sequence, record FROM message WHERE chain = ? ORDER BY position DESC",
    );
    this.#place = database.query<{ thread: number; sequence: number }, [number]>(
      "SELECT thread, sequence FROM message WHERE position = ?",
    );
    this.#at = database.query<MessageRow & { tenant: number }, [number]>(
      "SELECT sequence, record, tenant FROM message JOIN thread ON number = thread WHERE position = ?",
    );
    this.#blob = database.query<{ bytes: Uint8Array }, [number, Uint8Array]>(
      "SELECT bytes FROM blob_bytes WHERE number = (SELECT number FROM blob WHERE tenant = ? AND hash = ?)",
    );
  }

  /** One for each sequence from `first` to `last`: the thread has them all. */
  span({ number, tenant }: { number: number; tenant: number }, first: number, last: number): MessageText[] {
    const rows = readable(() => this.#span.all(number, first, last)) ?? [];
    const bySequence = rows.length === Math.max(0, last - first + 1) ? rows : undefined;
    const messages: MessageText[] = [];
    for (let sequence = first; sequence <= last; sequence++) {
      const row = bySequence ? bySequence[sequence - first] : readable(() => this.#one.get(number, sequence));
      messages.push((row && this.#textOf(tenant, row)) ?? messageText({ sequence, corrupt: true }));
    }
    return messages;
  }

  /** The newest with that chain. */
  byChain(hash: number, chain: string): { thread: number; sequence: number } | undefined {
    return this.#chain.all(hash).find(({ record }) => namesIn(record)?.chain === chain);
  }

  place(position: number): { thread: number; sequence: number } | undefined {
    return readable(() => this.#place.get(position)) ?? undefined;
  }

  /** Undefined: it is gone, or broken. */
  at(position: number): Message | undefined {
    const row = readable(() => this.#at.get(position));
    return row ? this.#decoded(row.tenant, row) : undefined;
  }

  #textOf(tenant: number, row: SpanRow): MessageText | undefined {
    if (row.whole === 1) return wholeText(row.record, row.sequence);
    const message = this.#decoded(tenant, row);
    return message && messageText(message);
  }

  #decoded(tenant: number, { sequence, record }: MessageRow): Message | undefined {
    const message = readable(() => decodeMessage(record, (hash) => this.#blob.get(tenant, hash)?.bytes));
    return message && { ...message, sequence };
  }
}

/** Undefined: the file is broken there. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}
