// A thread as the memory store keeps it, and whether a question is about it.

import type { Draft, Message, Thread, ThreadFilter } from "../../ports/index.ts";

export interface KeptMessage {
  readonly message: Omit<Message, "content">;
  /** As JSON, so that what is read is the reader's own. */
  readonly content: string;
  /** Among all messages of the store. */
  readonly place: number;
}

export interface KeptThread {
  /** Replaced with every change. */
  thread: Thread;
  readonly messages: KeptMessage[];
  /** Each with the time at which something was added last. */
  readonly drafts: Map<string, Draft & { readonly addedMs: number; readonly pieces: number }>;
}

export function passes({ thread, drafts }: KeptThread, filter: ThreadFilter): boolean {
  const { tenant, viewer, stalledMs, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = filter;
  const isSeen =
    viewer === undefined ||
    thread.user === viewer.user ||
    thread.visibility === "organisation" ||
    (thread.visibility === "team" && thread.team === viewer.team);
  if (!isSeen || thread.tenant !== tenant || thread.activeMs < sinceMs || thread.activeMs >= untilMs) return false;
  if (stalledMs !== undefined && !drafts.values().some(({ addedMs }) => addedMs < stalledMs)) return false;
  const names = ["user", "team", "client", "model", "repository", "archived"] as const;
  return names.every((name) => filter[name] === undefined || filter[name] === thread[name]);
}
