// A worker that reads threads, one question after the other. After a failure it opens its files again.

import type { ThreadFilter, ThreadKey, ThreadLookup, ThreadPlace } from "../../ports/index.ts";
import { JsonText } from "./json-text.ts";
import { failing, openThreadReader } from "./thread-file.ts";
import { ThreadReader } from "./thread-reader.ts";
import { ThreadSearch } from "./thread-search.ts";
import { answerCalls } from "./worker-answers.ts";

interface Opened {
  readonly reader: ThreadReader;
  readonly search: ThreadSearch;
}

function readerMethods() {
  let [path, opened]: [string, Opened | undefined] = ["", undefined];
  const read = <T>(question: (opened: Opened) => T): T =>
    failing(path, () => {
      try {
        opened ??= open(path);
        return question(opened);
      } catch (error) {
        opened?.reader.close();
        opened?.search.close();
        opened = undefined;
        throw error;
      }
    });
  return {
    open(at: string): void {
      path = at;
      read(warm);
    },
    find: (lookup: ThreadLookup) => read(({ reader }) => reader.find(lookup)),
    messages: (key: ThreadKey, page: { after: number; limit: number; backwards?: boolean }) =>
      read(({ reader }) => reader.messages(key, page)),
    list: (filter: ThreadFilter, page: { after?: ThreadPlace; limit: number }) =>
      JsonText.of(read(({ reader }) => reader.list(filter, page))),
    search: (filter: ThreadFilter, words: string, page: { after?: number; limit: number }) =>
      JsonText.of(read(({ search }) => search.page(filter, words, page))),
    changes: (after: number, limit: number) => JsonText.of(read(({ reader }) => reader.changes(after, limit))),
    totals: (filter: ThreadFilter) => read(({ reader }) => reader.totals(filter)),
  };
}

function open(path: string): Opened {
  const reader = new ThreadReader(openThreadReader(path));
  return { reader, search: new ThreadSearch(path, reader) };
}

function warm({ reader }: Opened): void {
  try {
    reader.warm();
  } catch {
    // What is broken is told to those who ask for it.
  }
}

export type ReaderMethods = ReturnType<typeof readerMethods>;

answerCalls(readerMethods());
