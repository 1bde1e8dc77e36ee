// Port: conversations. Messages of a thread are numbered from 1 without gaps and never change; what a listing shows of a thread
// (counts, usage, excerpt, who took part) is kept in the same transaction as the messages. Who may see what is part of a query.
// Invariant: what a write was told about is durable, and a write that is sent again does nothing twice.
// Every implementation passes ports/conformance/thread-store.ts.

/** JSON as it was parsed. Numbers are finite, texts are well-formed. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The tenant is part of every key: another tenant's thread is not found, whatever its id. */
export interface ThreadKey {
  readonly tenant: string;
  readonly id: string;
}

export type Visibility = "private" | "team" | "organisation";

/** Tokens; cost in millionths of a dollar. All whole numbers of 0 or more. */
export interface ThreadUsage {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly cost: number;
}

/** Where a thread comes from: `fork` went another way after that message of its parent, `child` was started by it. */
export interface ThreadOrigin {
  readonly kind: "fork" | "child";
  readonly thread: string;
  readonly sequence: number;
}

/** What may be changed at any time. */
export interface ThreadChange {
  readonly title?: string;
  readonly visibility?: Visibility;
  readonly model?: string;
  /** Any order; kept sorted and each once. */
  readonly tags?: readonly string[];
  readonly archived?: boolean;
  readonly pinned?: boolean;
}

/** What is said once, when the thread begins. */
export interface NewThread {
  readonly user: string;
  readonly team: string;
  readonly createdMs: number;
  readonly visibility: Visibility;
  readonly title?: string;
  readonly origin?: ThreadOrigin;
  /** The client's name for the conversation; one thread a tenant and session. */
  readonly session?: string;
  readonly client?: string;
  readonly model?: string;
  readonly repository?: string;
  readonly tags?: readonly string[];
}

/** All that a listing shows; no message is read for it. */
export interface Thread extends ThreadKey, Omit<NewThread, "title" | "tags"> {
  readonly title: string;
  readonly tags: readonly string[];
  readonly archived: boolean;
  readonly pinned: boolean;
  /** Raised by 1 with every write that changed anything. */
  readonly version: number;
  /** Of the last message, or of the creation; never goes back. */
  readonly activeMs: number;
  /** The sequence of the last message. */
  readonly messages: number;
  readonly usage: ThreadUsage;
  /** Beginning of the last message's text. */
  readonly excerpt: string;
  /** Authors of messages, in order of appearance. */
  readonly participants: readonly string[];
  readonly shares: readonly Share[];
}

export interface NewMessage {
  /** The writer's own id: a second message of the thread with the same one is the first one, and is not kept again. */
  readonly clientId: string;
  readonly role: string;
  readonly author: string;
  readonly atMs: number;
  readonly content: readonly Json[];
  readonly usage?: ThreadUsage;
  /** What stands for the conversation up to and with this message, to find its thread by. */
  readonly chain?: string;
  /** `compaction`: what came before was replaced by this. `aborted`: it ended before it was whole. */
  readonly mark?: "compaction" | "aborted";
}

export interface Message extends NewMessage {
  readonly sequence: number;
}

/** A stored message that cannot be read any more: it is named, and takes no other with it. */
export interface CorruptMessage {
  readonly sequence: number;
  readonly corrupt: true;
}

/** Somebody's link. What opens it is known by its hash alone. */
export interface Share {
  readonly id: string;
  /** SHA-256 of the token, in hex. */
  readonly tokenHash: string;
  readonly by: string;
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
}

/** A piece of an answer that is still being written. */
export interface Draft {
  readonly id: string;
  readonly text: string;
  readonly startedMs: number;
}

export type ThreadWrite =
  | {
      readonly kind: "put";
      readonly key: ThreadKey;
      /** Nothing is done unless the thread has this version; 0: unless there is none. */
      readonly ifVersion?: number;
      /** Used when there is no such thread. */
      readonly create?: NewThread;
      readonly change?: ThreadChange;
      readonly messages?: readonly NewMessage[];
      /** Drafts that these messages take the place of. */
      readonly ends?: readonly string[];
    }
  /** Text that comes after what the draft has already. @param from its length so far, in UTF-16 units: what is sent again is not kept twice */
  | {
      readonly kind: "draft";
      readonly key: ThreadKey;
      readonly draft: string;
      readonly from: number;
      readonly text: string;
      readonly atMs: number;
    }
  /** Kept or replaced by its id. */
  | { readonly kind: "share"; readonly key: ThreadKey; readonly share: Share }
  /** Messages are gone; that the id is taken stays. */
  | { readonly kind: "delete"; readonly key: ThreadKey; readonly atMs: number };

/** What became of one write. `sequences` are those of its messages in their order, new or not. */
export type ThreadWritten =
  | { readonly kind: "written"; readonly version: number; readonly sequences: readonly number[]; readonly isNew: boolean }
  | { readonly kind: "conflict"; readonly version: number }
  /** There is no such thread, and the write may not create it; or it was deleted. */
  | { readonly kind: "missing" }
  /** Another thread has the session. */
  | { readonly kind: "taken"; readonly thread: string }
  | { readonly kind: "invalid"; readonly why: string };

/** Who asks: sees own threads, those shown to the team, and those shown to the organisation. */
export interface Viewer {
  readonly user: string;
  readonly team: string;
}

export interface ThreadFilter {
  readonly tenant: string;
  /** Undefined: all of the tenant's, for the operator's own work. */
  readonly viewer: Viewer | undefined;
  readonly user?: string;
  readonly team?: string;
  readonly client?: string;
  readonly model?: string;
  readonly repository?: string;
  readonly archived?: boolean;
  /** Last active then or later; and before then. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only threads with a draft to which nothing was added since. */
  readonly stalledMs?: number;
}

/** A place in a listing: after this thread. */
export interface ThreadPlace {
  readonly activeMs: number;
  readonly id: string;
}

export interface Hit {
  readonly thread: Thread;
  readonly sequence: number;
  /** Around the words that were found. */
  readonly excerpt: string;
}

export type ThreadLookup =
  | ThreadKey
  | { readonly tenant: string; readonly session: string }
  /** The last of these that any message has. */
  | { readonly tenant: string; readonly chains: readonly string[] }
  /** Of any tenant; revoked and expired ones are found too. */
  | { readonly tokenHash: string };

export interface Found {
  readonly thread: Thread;
  /** Of the message that was found by its chain. */
  readonly sequence?: number;
}

export interface MessagePage {
  readonly messages: readonly (Message | CorruptMessage)[];
  /** Answers being written, on the last page alone. */
  readonly drafts: readonly Draft[];
}

/** One write that changed something. Messages `from` to `to` are new; from > to: none is. */
export interface ThreadChangeEvent {
  readonly position: number;
  readonly key: ThreadKey;
  readonly kind: "put" | "share" | "delete";
  readonly version: number;
  readonly from: number;
  readonly to: number;
}

/** All reject with `store_unavailable`; reads never see half a write. */
export interface ThreadStore {
  /**
   * All in one transaction, in their order; each succeeds or fails alone. Resolves once they are durable. After a rejection
   * each may or may not have been done: to send it again is safe, but for `ifVersion`, which then tells of a conflict.
   */
  write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]>;
  find(lookup: ThreadLookup): Promise<Found | undefined>;
  /** In order, from the one after `after` on; `backwards`: those before `after` (0: from the last one), newest first. */
  messages(key: ThreadKey, page: { after: number; limit: number; backwards?: boolean }): Promise<MessagePage>;
  /** Last active first; of those as old, the greater id first. */
  list(filter: ThreadFilter, page: { after?: ThreadPlace; limit: number }): Promise<readonly Thread[]>;
  /**
   * Messages with all of the words, newest first; none of the role `system`, which says the same in every conversation of an assistant. Any
   * text is a question: nothing in it is an operator. May lag behind writes.
   */
  search(
    filter: ThreadFilter,
    words: string,
    page: { after?: number; limit: number },
  ): Promise<{ hits: readonly Hit[]; next?: number }>;
  /**
   * What changed after that position, in an order in which nothing appears later at a lower one. Changes that several servers
   * made to one thread may come in another order than their versions. A store may drop changes that are older than a bound that
   * it states, the oldest first: who was away for longer begins anew from the threads themselves.
   */
  changes(after: number, limit: number): Promise<readonly ThreadChangeEvent[]>;
  /** Over all threads that pass the filter. */
  totals(filter: ThreadFilter): Promise<ThreadUsage & { readonly threads: number; readonly messages: number }>;
  close(): Promise<void>;
}
