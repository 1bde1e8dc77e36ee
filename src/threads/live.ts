// What happens in a thread, as it happens. Writes are announced on a channel once they are durable; the announcement only says how far the
// thread is, and who listens reads the rest from the store. So a lost announcement, a broken channel or a client that was away for a
// while costs a read and misses nothing: the position an event carries (version and sequence) says what its reader has.

import { type Abortable, Cancellation, type Clock, Mailbox, MillraceError } from "../base/index.ts";
import type { CorruptMessage, Message, Thread, ThreadKey, ThreadStore } from "../ports/index.ts";
import type { Announcements } from "./announcements.ts";

export type LiveEvent =
  | { readonly kind: "message"; readonly id: string; readonly message: Message | CorruptMessage }
  /** What a listing shows of it. */
  | { readonly kind: "thread"; readonly id: string; readonly thread: Thread }
  /** Text of an answer that is being written: takes the place of what came after its first `from` characters. */
  | { readonly kind: "draft"; readonly draft: string; readonly from: number; readonly text: string }
  /** Deleted, or not the reader's any more. The last event. */
  | { readonly kind: "gone" };

export interface LiveOptions {
  readonly store: ThreadStore;
  readonly announcements: Announcements;
  readonly clock: Clock;
  /** How long after which the store is read though nothing was announced. Default 15,000. */
  readonly pollMs?: number;
}

const PAGE = 200;
const POSITION = /^(\d{1,15})-(\d{1,15})$/;

/** What a reader of a thread has seen. */
interface Seen {
  version: number;
  sequence: number;
  readonly drafts: Map<string, string>;
}

export class Live {
  readonly #options: Required<LiveOptions>;

  /** Throws `option_invalid`. */
  constructor(options: LiveOptions) {
    this.#options = { pollMs: 15_000, ...options };
    if (Number.isFinite(this.#options.pollMs) && this.#options.pollMs > 0) return;
    throw new MillraceError("option_invalid", "`pollMs` of live events is a number of milliseconds over 0.");
  }

  /**
   * Events from after a position on, until the signal aborts or the thread is gone. Rejects as the store does.
   * @param after id of the last event that was seen; undefined, or one that is none: everything from the first message on
   * @param mayRead asked again with every event, since rights change and links end
   */
  async *subscribe(
    key: ThreadKey,
    after: string | undefined,
    mayRead: (thread: Thread) => boolean,
    signal: Abortable,
  ): AsyncGenerator<LiveEvent> {
    const [, version = "0", sequence = "0"] = POSITION.exec(after ?? "") ?? [];
    const seen: Seen = { version: Number(version), sequence: Number(sequence), drafts: new Map() };
    const ends = new Cancellation();
    const leave = () => ends.abort(signal.reason);
    if (signal.aborted) return;
    signal.addEventListener("abort", leave);
    const wakes = this.#wakes(key, ends);
    try {
      // Listens first and reads then: what is written in between is read twice, and told once.
      for await (const _wake of wakes.read(ends)) {
        for await (const event of this.#read(key, seen, mayRead)) {
          if (ends.aborted) return;
          yield event;
          if (event.kind === "gone") return;
        }
      }
    } finally {
      signal.removeEventListener("abort", leave);
      ends.abort();
      wakes.close();
    }
  }

  /** One to begin with, one for announcements since the last, one now and then. */
  #wakes(key: ThreadKey, ends: Abortable): Mailbox<true> {
    const { announcements, clock, pollMs } = this.#options;
    // Of several that wait, one is enough.
    const wakes = new Mailbox<true>(1, true);
    let cancel = () => {};
    const again = () => {
      cancel = clock.schedule(pollMs, () => {
        wakes.put(true);
        again();
      });
    };
    ends.addEventListener("abort", () => cancel());
    const { begun, leave } = announcements.watch(key, () => wakes.put(true));
    ends.addEventListener("abort", leave);
    again();
    // Without a channel the clock still wakes.
    void begun.then(() => wakes.put(true));
    return wakes;
  }

  async *#read(key: ThreadKey, seen: Seen, mayRead: (thread: Thread) => boolean): AsyncGenerator<LiveEvent> {
    const { store } = this.#options;
    const found = await store.find(key);
    if (!found || !mayRead(found.thread)) {
      yield { kind: "gone" };
      return;
    }
    const { thread } = found;
    // A position from before a thread was made anew is none of it.
    if (seen.version > thread.version || seen.sequence > thread.messages) Object.assign(seen, { version: 0, sequence: 0 });
    let drafts: readonly { id: string; text: string }[] = [];
    for (let isLast = false; !isLast; ) {
      const page = await store.messages(key, { after: seen.sequence, limit: PAGE });
      for (const message of page.messages) {
        seen.sequence = message.sequence;
        yield { kind: "message", id: `${seen.version}-${seen.sequence}`, message };
      }
      drafts = page.drafts;
      isLast = page.messages.length < PAGE;
    }
    yield* this.#drafts(drafts, seen);
    if (thread.version === seen.version) return;
    seen.version = thread.version;
    yield { kind: "thread", id: `${seen.version}-${seen.sequence}`, thread };
  }

  *#drafts(drafts: readonly { id: string; text: string }[], seen: Seen): Generator<LiveEvent> {
    for (const { id, text } of drafts) {
      const before = seen.drafts.get(id) ?? "";
      if (text === before) continue;
      const from = text.startsWith(before) ? before.length : 0;
      seen.drafts.set(id, text);
      yield { kind: "draft", draft: id, from, text: text.slice(from) };
    }
    for (const id of seen.drafts.keys()) if (!drafts.some((draft) => draft.id === id)) seen.drafts.delete(id);
  }
}
