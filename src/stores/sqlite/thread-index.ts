// Feeds the search index from the feed of changes, some at a time, in one transaction with the position that was reached: it
// is never ahead or in between. When whom a thread is shown to changes, its messages are entered again under other marks.

import type { Database } from "bun:sqlite";
import { isSearched, textOf } from "../records/index.ts";
import { isCorrupt } from "./thread-file.ts";
import { indexPathOf, openIndex } from "./thread-index-file.ts";
import { decodeMessage, namesIn } from "./thread-record.ts";
import type { ThreadRow } from "./thread-row.ts";
import { marksOf, quoted, threadMark } from "./thread-scope.ts";
import { indexText } from "./thread-words.ts";

/** Of one transaction: it holds neither memory nor the disk for long, and is worth its commit. */
const CHANGES_MAX = 1000;
const UNITS_MAX = 4_000_000;

interface Change {
  position: number;
  thread: number;
  first: number;
  last: number;
}

interface MessageRow {
  position: number;
  record: Uint8Array;
}

type Shown = Pick<ThreadRow, "tenant" | "user" | "team" | "visibility">;

export class ThreadIndex {
  readonly #threads: Database;
  readonly #index: Database;
  readonly #changes;
  readonly #shown;
  readonly #messages;
  readonly #blob;
  #position: number;

  /** @param path of the threads. @param threads a connection that reads them */
  constructor(path: string, threads: Database) {
    const identity = threads.query<{ identity: string }, []>("SELECT identity FROM meta").get()?.identity ?? "";
    const last = threads.query<{ last: number | null }, []>("SELECT max(position) AS last FROM change").get()?.last ?? 0;
    this.#threads = threads;
    this.#index = openIndex(indexPathOf(path), identity, last);
    this.#position = this.#index.query<{ position: number }, []>("SELECT position FROM progress").get()?.position ?? 0;
    this.#changes = threads.query<Change, [number, number]>(
      "SELECT position, thread, first, last FROM change WHERE position > ? ORDER BY position LIMIT ?",
    );
    this.#shown = threads.query<Shown, [number]>(
      "SELECT tenant, user, team, visibility FROM thread WHERE number = ? AND deleted_ms IS NULL",
    );
    this.#messages = threads.query<MessageRow, [number, number, number]>(
      "SELECT position, record FROM message WHERE thread = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
    );
    this.#blob = threads.query<{ bytes: Uint8Array }, [number, Uint8Array]>(
      "SELECT bytes FROM blob_bytes WHERE number = (SELECT number FROM blob WHERE tenant = ? AND hash = ?)",
    );
  }

  /** @returns whether there is more to do at once */
  catchUp(): boolean {
    return this.#threads.transaction(() => {
      const changes = this.#changes.all(this.#position, CHANGES_MAX);
      if (changes.length === 0) return false;
      let done = 0;
      this.#index
        .transaction(() => {
          for (let units = 0; done < changes.length && units < UNITS_MAX; done++) units += this.#enter(changes[done] as Change);
          this.#index.query("UPDATE progress SET position = ?").run(changes[done - 1]?.position ?? 0);
        })
        .immediate();
      this.#position = changes[done - 1]?.position ?? 0;
      return done < changes.length || done === CHANGES_MAX;
    })();
  }

  close(): void {
    this.#index.close();
    this.#threads.close();
  }

  /** @returns how much text that was */
  #enter({ thread, first, last }: Change): number {
    const shown = this.#shown.get(thread);
    if (!shown) {
      this.#remove(thread);
      return 0;
    }
    const marks = marksOf(shown);
    const before = this.#index.query<{ marks: string }, [number]>("SELECT marks FROM indexed WHERE thread = ?").get(thread);
    const isOther = before !== null && before.marks !== marks;
    if (isOther) this.#remove(thread);
    if (isOther || before === null) this.#index.query("INSERT INTO indexed VALUES (?, ?)").run(thread, marks);
    return this.#add(thread, shown.tenant, marks, isOther ? 1 : first, last);
  }

  #add(thread: number, tenant: number, marks: string, first: number, last: number): number {
    let units = 0;
    if (first > last) return units;
    for (const { position, record } of this.#readable(thread, first, last)) {
      const text = this.#textOf(tenant, record);
      if (text === undefined) continue;
      this.#index.query("INSERT INTO word (rowid, words) VALUES (?, ?)").run(position, `${threadMark(thread)} ${marks} ${text}`);
      units += text.length;
    }
    return units;
  }

  /** None of one that is broken, or not searched. */
  #textOf(tenant: number, record: Uint8Array): string | undefined {
    try {
      const names = namesIn(record);
      if (!names || !isSearched(names)) return undefined;
      const message = decodeMessage(record, (hash) => this.#blob.get(tenant, hash)?.bytes);
      return message && indexText(textOf(message.content));
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  /** What is broken cannot be found, and holds nothing up. */
  #readable(thread: number, first: number, last: number): MessageRow[] {
    try {
      return this.#messages.all(thread, first, last);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      if (first === last) return [];
      const middle = Math.floor((first + last) / 2);
      return [...this.#readable(thread, first, middle), ...this.#readable(thread, middle + 1, last)];
    }
  }

  #remove(thread: number): void {
    const mark = quoted(threadMark(thread));
    const entries = this.#index.query<{ rowid: number }, [string]>("SELECT rowid FROM word WHERE word MATCH ?").all(mark);
    for (const { rowid } of entries) this.#index.query("DELETE FROM word WHERE rowid = ?").run(rowid);
    this.#index.query("DELETE FROM indexed WHERE thread = ?").run(thread);
  }
}
