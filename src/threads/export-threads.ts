// Threads as lines of JSON: each thread, then its messages, then a line that says it is whole and where to go on after it. Read in pages, so that
// memory holds one. Links are not exported: they are keys to this place. What is written while it runs may or may not be in it.

import type { ThreadPlace, ThreadStore, Viewer } from "../ports/index.ts";

const THREADS = 50;
const MESSAGES = 50;

export interface ExportOptions {
  readonly store: ThreadStore;
  readonly tenant: string;
  /** Undefined: all of the tenant's. */
  readonly viewer: Viewer | undefined;
  /** `after` of an `end` line: goes on with the thread that follows. */
  readonly after?: ThreadPlace | undefined;
}

/** Lines without their ends. Rejects as the store does. */
export async function* exportThreads({ store, tenant, viewer, after }: ExportOptions): AsyncGenerator<string> {
  let place = after;
  for (;;) {
    const page = await store.list({ tenant, viewer }, { limit: THREADS, ...(place ? { after: place } : {}) });
    for (const { shares, tenant: _tenant, ...thread } of page) {
      yield JSON.stringify({ kind: "thread", ...thread });
      yield* messagesOf(store, tenant, thread.id);
      place = { activeMs: thread.activeMs, id: thread.id };
      yield JSON.stringify({ kind: "end", thread: thread.id, after: place });
    }
    if (page.length < THREADS) return;
  }
}

async function* messagesOf(store: ThreadStore, tenant: string, id: string): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const { messages } = await store.messages({ tenant, id }, { after, limit: MESSAGES });
    for (const message of messages) yield JSON.stringify({ kind: "message", thread: id, ...message });
    after = messages.at(-1)?.sequence ?? after;
    if (messages.length < MESSAGES) return;
  }
}
