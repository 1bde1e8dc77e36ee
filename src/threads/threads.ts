// The service: threads of a caller, and what others show to them. Every call says who asks; what that caller may not see is missing, never
// forbidden. Invariants: what was answered as done is durable; nothing is stored before it was redacted; what is shown, and to whom,
// is in the audit log first. Deliberately knows no HTTP and no database: a store behind the port, and one function that writes.

import { type Abortable, type Clock, type IdSource, MillraceError, type Random } from "../base/index.ts";
import type {
  MessagePage,
  NewMessage,
  NewThread,
  Share,
  Thread,
  ThreadChange,
  ThreadKey,
  ThreadStore,
  ThreadWrite,
  Visibility,
} from "../ports/index.ts";
import { type AuditEntry, AuditLog } from "./audit-log.ts";
import { type Caller, mayChange, mayRead } from "./caller.ts";
import { threadOfUuid } from "./digest.ts";
import { linkProblem, newLink, openLink } from "./links.ts";
import { type HitPage, type ListFilter, listPage, type PageOrder, searchPage, type ThreadPage } from "./listing.ts";
import type { Live, LiveEvent } from "./live.ts";
import { done, invalid, missing, type Outcome, outcomeOf, type Refused, type Written } from "./outcome.ts";
import type { Redact } from "./redaction.ts";
import {
  changeProblem,
  isThreadId,
  messagesProblem,
  newThreadProblem,
  pageProblem,
  THREAD_LIMITS,
  type ThreadLimits,
} from "./thread-limits.ts";
import { type PolicyOf, THREAD_POLICY } from "./thread-policy.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

export interface ThreadsOptions {
  readonly store: ThreadStore;
  readonly write: WriteThread;
  readonly clock: Clock;
  /** Fit for secrets: links are made of it. */
  readonly random: Random;
  readonly ids: IdSource;
  /** Takes secrets out of what is stored. */
  readonly redact: Redact;
  readonly policyOf?: PolicyOf;
  readonly limits?: Partial<ThreadLimits>;
  /** Without it there are no live events. */
  readonly live?: Live;
}

export interface ThreadOrder extends Omit<Partial<NewThread>, "user" | "team" | "createdMs"> {
  readonly id?: string;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  readonly messages?: readonly NewMessage[];
}

export type ShareOrder =
  | { readonly visibility: Visibility }
  /** @param expiresMs wall time; undefined: when it is revoked. */
  | { readonly visibility: "link"; readonly expiresMs?: number | undefined };

export interface Shared {
  readonly visibility: Visibility;
  readonly share?: Share;
  readonly token?: string;
}

export interface MessageOrder {
  readonly after: number;
  readonly limit: number;
  readonly backwards?: boolean;
}

export class Threads {
  readonly audit: AuditLog;
  readonly #options: ThreadsOptions;
  readonly #limits: ThreadLimits;
  readonly #policyOf: PolicyOf;

  /** Throws `option_invalid` for limits that bound nothing. */
  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#limits = { ...THREAD_LIMITS, ...options.limits };
    this.#policyOf = options.policyOf ?? (() => THREAD_POLICY);
    this.audit = new AuditLog(options.store, options.write, options.ids);
    for (const [name, bytes] of Object.entries(this.#limits)) {
      if (Number.isSafeInteger(bytes) && bytes >= 1) continue;
      throw new MillraceError("option_invalid", `\`${name}\` of threads is a whole number of bytes of 1 or more.`);
    }
  }

  async create(caller: Caller, { id, archived, pinned, messages = [], ...order }: ThreadOrder): Promise<Outcome<Thread>> {
    if (id !== undefined && !isThreadId(id)) return invalid("An id has 1 to 64 letters, digits, `_` and `-`.");
    const problem = newThreadProblem(order) ?? messagesProblem(messages, this.#limits);
    if (problem) return problem;
    const key = { tenant: caller.tenant, id: id ?? threadOfUuid(this.#options.ids()) };
    if (order.visibility !== undefined && order.visibility !== "private") {
      await this.#audit(caller, key.id, "visibility", { to: order.visibility });
    }
    const change = { ...(archived === undefined ? {} : { archived }), ...(pinned === undefined ? {} : { pinned }) };
    const created = await this.#put({ key, ifVersion: 0, create: this.#begin(caller, order), change }, messages);
    if (created.kind === "done") return this.get(caller, key.id);
    // That somebody else has a thread of this id is not theirs to know, but it cannot be made a second time.
    if (created.kind === "conflict" && (await this.get(caller, key.id)).kind === "missing") return invalid("Choose another id.");
    return created;
  }

  async get(caller: Caller, id: string): Promise<Outcome<Thread>> {
    const thread = await this.#readable(caller, id);
    return thread ? done(shownTo(caller, thread)) : missing;
  }

  /** Last active first. */
  async list(caller: Caller, filter: ListFilter, page: PageOrder): Promise<Outcome<ThreadPage>> {
    const listed = await listPage(this.#options.store, caller, filter, page);
    if (listed.kind !== "done") return listed;
    return done({ ...listed.value, threads: listed.value.threads.map((thread) => shownTo(caller, thread)) });
  }

  /** Messages that have all of the words, newest first. */
  async search(caller: Caller, filter: ListFilter, words: string, page: PageOrder): Promise<Outcome<HitPage>> {
    const found = await searchPage(this.#options.store, caller, filter, words, page);
    if (found.kind !== "done") return found;
    return done({ ...found.value, hits: found.value.hits.map((hit) => ({ ...hit, thread: shownTo(caller, hit.thread) })) });
  }

  async messages(caller: Caller, id: string, page: MessageOrder): Promise<Outcome<MessagePage>> {
    const thread = await this.#readable(caller, id);
    return thread ? this.#messages(thread, page) : missing;
  }

  /** A message whose id the thread has is not kept again: its sequence is that of the first. */
  async append(caller: Caller, id: string, messages: readonly NewMessage[]): Promise<Outcome<Written>> {
    const refused = messagesProblem(messages, this.#limits) ?? (await this.#unchangeable(caller, id));
    return refused ?? this.#put({ key: { tenant: caller.tenant, id } }, messages);
  }

  /**
   * Brings a thread to what the client has; messages that are there already stay as they are, and none is removed.
   * @param ifVersion 0: only if there is none; undefined: whatever there is
   */
  async put(caller: Caller, id: string, ifVersion: number | undefined, order: ThreadChange & Pick<ThreadOrder, "messages">) {
    const { messages = [], ...change } = order;
    const thread = await this.#readable(caller, id);
    if (thread) return this.#change(caller, thread, ifVersion, change, messages);
    if (ifVersion !== undefined && ifVersion !== 0) return missing;
    return this.create(caller, { id, ...change, messages });
  }

  async patch(caller: Caller, id: string, ifVersion: number | undefined, change: ThreadChange): Promise<Outcome<Thread>> {
    const thread = await this.#readable(caller, id);
    return thread ? this.#change(caller, thread, ifVersion, change, []) : missing;
  }

  async delete(caller: Caller, id: string): Promise<Outcome<undefined>> {
    const refused = await this.#unchangeable(caller, id);
    if (refused) return refused;
    await this.#audit(caller, id, "delete", {});
    const atMs = this.#options.clock.now();
    const written = outcomeOf(await this.#write({ kind: "delete", key: { tenant: caller.tenant, id }, atMs }));
    return written.kind === "done" ? done(undefined) : written;
  }

  /** Sets who may read it, or makes one more link. */
  async share(caller: Caller, id: string, order: ShareOrder): Promise<Outcome<Shared>> {
    const { clock, random, ids } = this.#options;
    const refused = await this.#unchangeable(caller, id);
    if (refused) return refused;
    if (order.visibility !== "link") {
      const patched = await this.patch(caller, id, undefined, { visibility: order.visibility });
      return patched.kind === "done" ? done({ visibility: patched.value.visibility }) : patched;
    }
    const thread = await this.#readable(caller, id);
    if (!thread) return missing;
    const problem = linkProblem(this.#policyOf(caller.tenant), thread, clock.now(), order.expiresMs);
    if (problem) return problem;
    const { share, token } = newLink(random, ids, caller.user, clock.now(), order.expiresMs);
    const shared = await this.#keepShare(caller, id, share, "share");
    return shared.kind === "done" ? done({ visibility: thread.visibility, share, token }) : shared;
  }

  async shares(caller: Caller, id: string): Promise<Outcome<readonly Share[]>> {
    const thread = await this.#readable(caller, id);
    return thread ? done(shownTo(caller, thread).shares) : missing;
  }

  /** Ends a link. One that is over already stays as it is. */
  async revoke(caller: Caller, id: string, shareId: string): Promise<Outcome<Share>> {
    const thread = await this.#readable(caller, id);
    const share = thread && mayChange(caller, thread) ? thread.shares.find((each) => each.id === shareId) : undefined;
    if (!share) return missing;
    if (share.revokedMs !== undefined) return done(share);
    const revoked = { ...share, revokedMs: this.#options.clock.now() };
    const kept = await this.#keepShare(caller, id, revoked, "revoke");
    return kept.kind === "done" ? done(revoked) : kept;
  }

  /** The thread that a link opens, for whoever has it. */
  async open(token: string): Promise<Outcome<Thread>> {
    const thread = await this.#opened(token);
    return thread ? done({ ...thread, shares: [] }) : missing;
  }

  async openMessages(token: string, page: MessageOrder): Promise<Outcome<MessagePage>> {
    const thread = await this.#opened(token);
    return thread ? this.#messages(thread, page) : missing;
  }

  /**
   * What happens in the thread from now on, and since the event of that id. Ends when the caller may not see it any more.
   * @param after id of the last event that the caller has
   */
  async subscribe(
    caller: Caller,
    id: string,
    after: string | undefined,
    signal: Abortable,
  ): Promise<Outcome<AsyncIterable<LiveEvent>>> {
    const { live } = this.#options;
    const thread = await this.#readable(caller, id);
    if (!thread || !live) return missing;
    const events = live.subscribe({ tenant: thread.tenant, id }, after, (now) => mayRead(caller, now), signal);
    return done(shownIn(events, caller));
  }

  async #readable(caller: Caller, id: string): Promise<Thread | undefined> {
    if (!isThreadId(id)) return undefined;
    const found = await this.#options.store.find({ tenant: caller.tenant, id });
    return found && mayRead(caller, found.thread) ? found.thread : undefined;
  }

  async #unchangeable(caller: Caller, id: string): Promise<Refused | undefined> {
    const thread = await this.#readable(caller, id);
    if (!thread) return missing;
    return mayChange(caller, thread) ? undefined : notYours;
  }

  #opened(token: string): Promise<Thread | undefined> {
    const { store, clock } = this.#options;
    return openLink(store, this.#policyOf, token, clock.now());
  }

  async #messages(key: ThreadKey, page: MessageOrder): Promise<Outcome<MessagePage>> {
    const { store } = this.#options;
    const problem = pageProblem(page.limit);
    if (problem) return problem;
    if (!(Number.isSafeInteger(page.after) && page.after >= 0))
      return invalid("`after` is a sequence: a whole number of 0 or more.");
    return done(await store.messages({ tenant: key.tenant, id: key.id }, page));
  }

  async #change(
    caller: Caller,
    thread: Thread,
    ifVersion: number | undefined,
    change: ThreadChange,
    messages: readonly NewMessage[],
  ): Promise<Outcome<Thread>> {
    if (!mayChange(caller, thread)) return notYours;
    const problem = changeProblem(change) ?? messagesProblem(messages, this.#limits);
    if (problem) return problem;
    if (ifVersion !== undefined && ifVersion !== thread.version) return { kind: "conflict", version: thread.version };
    const { visibility } = change;
    if (visibility !== undefined && visibility !== thread.visibility) {
      await this.#audit(caller, thread.id, "visibility", { from: thread.visibility, to: visibility });
    }
    const condition = ifVersion === undefined ? {} : { ifVersion };
    const written = await this.#put({ key: { tenant: thread.tenant, id: thread.id }, ...condition, change }, messages);
    return written.kind === "done" ? this.get(caller, thread.id) : written;
  }

  async #put(write: Omit<Extract<ThreadWrite, { kind: "put" }>, "kind">, messages: readonly NewMessage[]) {
    const { redact } = this.#options;
    const clean = messages.map((message) => ({ ...message, content: redact(message.content) }));
    return outcomeOf(await this.#write({ kind: "put", ...write, messages: clean }));
  }

  async #keepShare(caller: Caller, id: string, share: Share, action: "share" | "revoke") {
    const { expiresMs } = share;
    await this.#audit(caller, id, action, { share: share.id, ...(expiresMs === undefined ? {} : { expiresMs }) });
    return outcomeOf(await this.#write({ kind: "share", key: { tenant: caller.tenant, id }, share }));
  }

  #begin({ tenant, user, team }: Caller, order: Omit<ThreadOrder, "id" | "messages" | "archived" | "pinned">): NewThread {
    return { visibility: this.#policyOf(tenant).visibility, ...order, user, team, createdMs: this.#options.clock.now() };
  }

  #audit({ tenant, user }: Caller, thread: string, action: AuditEntry["action"], detail: AuditEntry["detail"]): Promise<void> {
    return this.audit.add({ tenant, user, action, thread, atMs: this.#options.clock.now(), detail });
  }

  readonly #write = (write: ThreadWrite) => this.#options.write(write, RANK.asked);
}

const notYours: Refused = { kind: "forbidden", why: "Only its owner changes a thread." };

/** Links are for those who made them: readers do not see them. */
const shownTo = (caller: Caller, thread: Thread): Thread => (mayChange(caller, thread) ? thread : { ...thread, shares: [] });

async function* shownIn(events: AsyncIterable<LiveEvent>, caller: Caller): AsyncGenerator<LiveEvent> {
  for await (const event of events) yield event.kind === "thread" ? { ...event, thread: shownTo(caller, event.thread) } : event;
}
