// Searches: words and rights in one question to the index, newest first; what is found is held against the threads as they are
// now, so that a thread that was just hidden or deleted is not shown although the index does not know of it yet.
// A search looks at so many entries at most: a page may hold fewer hits than its limit, and then says where it goes on.

import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { MillraceError } from "../../base/index.ts";
import type { Hit, Thread, ThreadFilter } from "../../ports/index.ts";
import { excerptAround, QUESTION_WORDS_MAX, textOf, wordsOf } from "../records/index.ts";
import { isCorrupt } from "./thread-file.ts";
import { allOf, anyOf, type Condition, rangesOf, restOf } from "./thread-filter.ts";
import { indexPathOf, openIndexReader } from "./thread-index-file.ts";
import type { ThreadReader } from "./thread-reader.ts";
import { quoted, scopeOf } from "./thread-scope.ts";

const SCANNED_MAX = 5000;
const CHUNK = 100;

type Page = { hits: readonly Hit[]; next?: number };

export class ThreadSearch {
  readonly #path: string;
  readonly #reader: ThreadReader;
  #index: { readonly database: Database; readonly file: number } | undefined;

  /** @param path of the threads */
  constructor(path: string, reader: ThreadReader) {
    this.#path = indexPathOf(path);
    this.#reader = reader;
  }

  page(filter: ThreadFilter, question: string, { after, limit }: { after?: number; limit: number }): Page {
    const words = wordsOf(question, QUESTION_WORDS_MAX);
    const scope = scopeOf(filter, this.#reader.names);
    const index = this.#opened();
    if (words.size === 0 || scope === undefined || index === undefined) return { hits: [] };
    const match = [scope, ...[...words].map(quoted)].join(" AND ");
    return this.#reader.atOnce(() => {
      const passes = this.#passing(filter);
      const hits: Hit[] = [];
      let place = after ?? Number.MAX_SAFE_INTEGER;
      for (let scanned = 0; scanned < SCANNED_MAX; scanned += CHUNK) {
        const found = positions(index, match, place);
        for (const { rowid } of found) {
          place = rowid;
          const hit = this.#hit(rowid, words, passes);
          if (hit && hits.push(hit) === limit) return { hits, next: place };
        }
        if (found.length < CHUNK) return { hits };
      }
      return { hits, next: place };
    });
  }

  close(): void {
    this.#index?.database.close();
    this.#index = undefined;
  }

  #hit(position: number, words: ReadonlySet<string>, passes: (thread: number) => Thread | undefined): Hit | undefined {
    const place = this.#reader.stored.place(position);
    const thread = place && passes(place.thread);
    const message = thread && this.#reader.stored.at(position);
    if (!place || !thread || !message) return undefined;
    return { thread, sequence: place.sequence, excerpt: excerptAround(textOf(message.content), words) };
  }

  /** Each thread is asked about once a page. */
  #passing(filter: ThreadFilter): (thread: number) => Thread | undefined {
    const { names, rows } = this.#reader;
    const rights = anyOf(rangesOf(filter, names).map(({ condition }) => condition));
    const condition: Condition = allOf([rights, restOf(filter, names)]);
    const asked = new Map<number, Thread | undefined>();
    return (thread) => {
      if (!asked.has(thread)) asked.set(thread, this.#reader.fits(thread, condition) ? rows.readable(thread) : undefined);
      return asked.get(thread);
    };
  }

  /** The index may have been begun anew, as another file of the same name. */
  #opened(): Database | undefined {
    const file = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (file !== this.#index?.file) this.close();
    if (file === undefined) return undefined;
    this.#index ??= { database: openIndexReader(this.#path), file };
    return this.#index.database;
  }
}

/** Throws `store_corrupt` when the index is damaged: the threads are not, and it can be made again. */
function positions(index: Database, match: string, before: number): { rowid: number }[] {
  try {
    return index
      .query<{ rowid: number }, [string, number, number]>(
        "SELECT rowid FROM word WHERE word MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
      )
      .all(match, before, CHUNK);
  } catch (error) {
    if (isCorrupt(error)) throw new MillraceError("store_corrupt", "The search index is damaged.", { cause: error });
    throw error;
  }
}
