// Messages for reading, whole or named as broken. A page of the file that cannot be read any more costs the messages on it
// alone: the rest of a thread is read around them, one by one.

import type { Database } from "bun:sqlite";
import type { Message } from "../../ports/index.ts";
import { isCorrupt } from "./thread-file.ts";
import { MessageListText } from "./thread-message-text.ts";
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
  readonly #list = new MessageListText();

  constructor(database: Database) {
    // What the index says is compared with the row: one that is broken leads to another's message.
    const select = `SELECT row.sequence, row.blobs IS NULL AS whole, row.record FROM message AS entry CROSS JOIN message AS row
      ON row.position = entry.position AND row.thread = entry.thread AND row.sequence = entry.sequence WHERE entry.thread = ?`;
    this.#span = database.query<SpanRow, [number, number, number]>(
      `${select} AND entry.sequence BETWEEN ? AND ? ORDER BY entry.sequence`,
    );
    this.#one = database.query<SpanRow, [number, number]>(`${select} AND entry.sequence = ?`);
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

  /** One for each sequence from `first` to `last`, which the thread has all, as JSON. */
  span({ number, tenant }: { number: number; tenant: number }, first: number, last: number, backwards = false): string {
    const rows = readable(() => this.#span.all(number, first, last)) ?? [];
    const bySequence = rows.length === Math.max(0, last - first + 1) ? rows : undefined;
    this.#list.clear();
    for (let index = 0; index <= last - first; index++) {
      const sequence = backwards ? last - index : first + index;
      const row = bySequence ? bySequence[sequence - first] : readable(() => this.#one.get(number, sequence));
      if (!row || !this.#add(tenant, row)) this.#list.add({ sequence, corrupt: true });
    }
    return this.#list.take();
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

  /** False: it is broken, and nothing was added. */
  #add(tenant: number, row: SpanRow): boolean {
    if (row.whole === 1) return this.#list.addRecord(row.record, row.sequence);
    const message = this.#decoded(tenant, row);
    if (message) this.#list.add(message);
    return message !== undefined;
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
