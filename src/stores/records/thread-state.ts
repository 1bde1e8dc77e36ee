// What a write makes of a thread: pure, from the thread before to the one after. The same object comes back when nothing changes.

import type { NewMessage, NewThread, Share, Thread, ThreadChange, ThreadKey } from "../../ports/index.ts";

/** With version 0: no write is counted yet. */
export function begun({ tenant, id }: ThreadKey, create: NewThread): Thread {
  return {
    ...create,
    tenant,
    id,
    title: create.title ?? "",
    tags: sorted(create.tags ?? []),
    archived: false,
    pinned: false,
    version: 0,
    activeMs: create.createdMs,
    messages: 0,
    usage: { input: 0, cached: 0, output: 0, cost: 0 },
    excerpt: "",
    participants: [],
    shares: [],
  };
}

export function changed(thread: Thread, change: ThreadChange | undefined): Thread {
  if (change === undefined) return thread;
  const after: Thread = { ...thread, ...change, tags: change.tags ? sorted(change.tags) : thread.tags };
  return Bun.deepEquals(after, thread) ? thread : after;
}

export function appended(thread: Thread, { author, atMs, usage }: NewMessage, excerpt: string): Thread {
  const sum = thread.usage;
  return {
    ...thread,
    messages: thread.messages + 1,
    activeMs: Math.max(thread.activeMs, atMs),
    usage: usage
      ? {
          input: sum.input + usage.input,
          cached: sum.cached + usage.cached,
          output: sum.output + usage.output,
          cost: sum.cost + usage.cost,
        }
      : sum,
    excerpt,
    participants: thread.participants.includes(author) ? thread.participants : [...thread.participants, author],
  };
}

export function shared(thread: Thread, share: Share): Thread {
  const before = thread.shares.find((each) => each.id === share.id);
  if (before && Bun.deepEquals(before, share)) return thread;
  const shares = before ? thread.shares.map((each) => (each === before ? share : each)) : [...thread.shares, share];
  return { ...thread, shares };
}

const sorted = (tags: readonly string[]) => [...new Set(tags)].sort();
