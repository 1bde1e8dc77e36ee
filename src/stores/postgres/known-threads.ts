// Threads as this server wrote them last, so that it need not read them before it writes on. Nothing here is trusted: an
// update of what another server changed meanwhile finds another version, and is done again from what is read.
// Invariant: who takes a thread takes it out, and puts it back only after its commit.

import type { Thread } from "../../ports/index.ts";

const THREADS_MAX = 4096;
/** Of all that grows without a bound in a thread; one beyond it is read each time. */
const LIST_LENGTH_MAX = 64;

export class KnownThreads {
  /** By keyOf; the one that was put last is last. */
  readonly #threads = new Map<string, Thread>();

  take(key: string): Thread | undefined {
    const thread = this.#threads.get(key);
    if (thread !== undefined) this.#threads.delete(key);
    return thread;
  }

  put(key: string, thread: Thread): void {
    this.#threads.delete(key);
    if ([thread.participants, thread.shares, thread.tags].some(({ length }) => length > LIST_LENGTH_MAX)) return;
    this.#threads.set(key, thread);
    if (this.#threads.size <= THREADS_MAX) return;
    for (const oldest of this.#threads.keys()) {
      this.#threads.delete(oldest);
      return;
    }
  }
}
