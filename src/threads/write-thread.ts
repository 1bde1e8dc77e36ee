// How this room writes: through the server's one batcher, by a function it is given. The lower the rank, the sooner.

import type { ThreadWrite, ThreadWritten } from "../ports/index.ts";

/** Resolves once it is durable; rejects with `store_unavailable` or `batch_full`. */
export type WriteThread = (write: ThreadWrite, rank: number) => Promise<ThreadWritten>;

/** Several at once, of any threads, as one: none of them waits for other writes to its thread. Else as above. */
export type WriteThreads = (writes: readonly ThreadWrite[], rank: number) => Promise<readonly ThreadWritten[]>;

export const RANK = {
  /** Somebody waits for the answer. */
  asked: 1,
  recorded: 2,
  draft: 3,
  imported: 6,
  removed: 7,
} as const;
