// A thread as the memory store keeps it: what a write makes of it, and what is asked about it.

import type {
  Draft,
  Message,
  NewMessage,
  NewThread,
  Share,
  Thread,
  ThreadChange,
  ThreadFilter,
  ThreadKey,
} from "../../ports/index.ts";

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

const EXCERPT_UNITS = 160;
/** Units before and behind the first word found. */
const BEFORE = 60;
const BEHIND = 180;
/** Written without spaces between words: each character is taken as one. */
const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}`;
const WORD = new RegExp(`[${UNSPACED}]|[[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]+`, "gv");

/** With version 0: no write is counted yet. */
export const begun = ({ tenant, id }: ThreadKey, create: NewThread): Thread => ({
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
});

/** The same object when nothing changes. */
export function changed(thread: Thread, change: ThreadChange): Thread {
  const after = { ...thread, ...change, tags: change.tags ? sorted(change.tags) : thread.tags };
  return Bun.deepEquals(after, thread) ? thread : after;
}

/** @param content as JSON */
export function appended(thread: Thread, { author, atMs, usage: more }: Omit<NewMessage, "content">, content: string): Thread {
  const { usage, participants } = thread;
  const { input = 0, cached = 0, output = 0, cost = 0 } = more ?? {};
  return {
    ...thread,
    messages: thread.messages + 1,
    activeMs: Math.max(thread.activeMs, atMs),
    usage: {
      input: usage.input + input,
      cached: usage.cached + cached,
      output: usage.output + output,
      cost: usage.cost + cost,
    },
    excerpt: excerptOf(content),
    participants: participants.includes(author) ? participants : [...participants, author],
  };
}

/** The same object when the share is there already. */
export function shared(thread: Thread, share: Share): Thread {
  const shares = thread.shares.map((each) => (each.id === share.id ? share : each));
  if (!shares.includes(share)) shares.push(share);
  return Bun.deepEquals(shares, thread.shares) ? thread : { ...thread, shares };
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

export const wordsOf = (text: string) => new Set(normal(text).match(WORD));

/** What people would look for: every text but the names of kinds. @param content as JSON. Throws when it is too deep */
export function textOf(content: string): string {
  const texts: string[] = [];
  JSON.parse(content, (name, value: unknown) => {
    if (typeof value === "string" && name !== "type") texts.push(value);
    return value;
  });
  return texts.join("\n");
}

export function excerptAround(text: string, words: ReadonlySet<string>): string {
  const found = text.matchAll(WORD).find(([word]) => words.has(normal(word)));
  const start = Math.max(0, (found?.index ?? 0) - BEFORE);
  return text.slice(start, start + BEFORE + BEHIND).toWellFormed();
}

/** @param content as JSON */
function excerptOf(content: string): string {
  return textOf(content).replace(/\s+/g, " ").trim().slice(0, EXCERPT_UNITS).toWellFormed();
}

const normal = (text: string) => text.normalize("NFKC").toLowerCase();

const sorted = (tags: readonly string[]) => [...new Set(tags)].sort();
