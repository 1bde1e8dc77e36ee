// The worker that feeds the search index. After a failure it opens its files again, and begins a broken index anew.

import { isCorrupt, openThreadReader } from "./thread-file.ts";
import { ThreadIndex } from "./thread-index.ts";
import { indexPathOf, removeIndex } from "./thread-index-file.ts";
import { answerCalls } from "./worker-answers.ts";
import { yieldToMain } from "./yield-to-main.ts";

yieldToMain(19);

function indexMethods() {
  let index: ThreadIndex | undefined;
  return {
    /** Some of what is to do. @returns whether there is more */
    catchUp(path: string): boolean {
      try {
        index ??= new ThreadIndex(path, openThreadReader(path));
        return index.catchUp();
      } catch (error) {
        index?.close();
        index = undefined;
        if (isCorrupt(error)) removeIndex(indexPathOf(path));
        throw error;
      }
    },
    /** Begins it anew, at the next `catchUp`. */
    forget(path: string): void {
      index?.close();
      index = undefined;
      removeIndex(indexPathOf(path));
    },
    close: () => index?.close(),
  };
}

export type IndexMethods = ReturnType<typeof indexMethods>;

answerCalls(indexMethods());
