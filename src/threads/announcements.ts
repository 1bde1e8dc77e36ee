// Which threads were written, told to every server: the threads of a commit in one text, under one name, so that neither the number of threads nor
// that of readers makes the channel busy. Says only that something was written; a text that is lost costs a reader some time and no event.

import { type Cancel, Cancellation, type Clock } from "../base/index.ts";
import { CHANNEL_TEXT_BYTES_MAX, type Channel, type ThreadKey, type ThreadWritten } from "../ports/index.ts";
import type { WriteThread, WriteThreads } from "./write-thread.ts";

const NAME = "threads";
const MARK_BYTES_MAX = 14;
const MARKS_MAX = Math.floor(CHANNEL_TEXT_BYTES_MAX / MARK_BYTES_MAX);
/** After which a channel that was away is tried again. */
const AGAIN_MS = 1000;

type Wake = () => void;

export class Announcements {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #readers = new Map<string, Set<Wake>>();
  #written: Set<string> | undefined;
  #listening: { readonly ends: Cancellation; readonly begun: Promise<void> } | undefined;

  constructor(channel: Channel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** The same writer, which announces what was written. A channel that is away delays and fails nothing. */
  telling(write: WriteThread): WriteThread {
    return async (order, rank) => {
      const written = await write(order, rank);
      this.#tell(order.key, written);
      return written;
    };
  }

  tellingAll(writeAll: WriteThreads): WriteThreads {
    return async (orders, rank) => {
      const written = await writeAll(orders, rank);
      for (const [index, { key }] of orders.entries()) this.#tell(key, written[index]);
      return written;
    };
  }

  /**
   * @param wake called when the thread was written, by any server, and when that may have been missed. Must not throw.
   * @returns resolves once no writing is missed from then on, or the channel is away; and the way to leave.
   */
  watch(key: ThreadKey, wake: Wake): { readonly begun: Promise<void>; readonly leave: () => void } {
    const mark = markOf(key);
    const wakes = this.#readers.get(mark) ?? new Set();
    this.#readers.set(mark, wakes.add(wake));
    this.#listening ??= this.#listen();
    const { ends, begun } = this.#listening;
    return {
      begun,
      leave: () => {
        wakes.delete(wake);
        if (wakes.size === 0 && this.#readers.get(mark) === wakes) this.#readers.delete(mark);
        if (this.#readers.size > 0) return;
        ends.abort();
        this.#listening = undefined;
      },
    };
  }

  #tell(key: ThreadKey, written: ThreadWritten | undefined): void {
    if (written?.kind !== "written") return;
    if (!this.#written) {
      this.#written = new Set();
      // What one commit wrote is known in one go.
      queueMicrotask(() => this.#publish());
    }
    this.#written.add(markOf(key));
  }

  #publish(): void {
    const marks = [...(this.#written ?? [])];
    this.#written = undefined;
    for (let at = 0; at < marks.length; at += MARKS_MAX) {
      this.#channel.publish(NAME, marks.slice(at, at + MARKS_MAX).join("\n")).catch(() => {});
    }
  }

  #listen(): { readonly ends: Cancellation; readonly begun: Promise<void> } {
    const ends = new Cancellation();
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    let cancel: Cancel = () => {};
    ends.addEventListener("abort", () => cancel());
    const read = async () => {
      const events = await this.#channel.subscribe(NAME, ends);
      resolve();
      this.#wakeAll();
      for await (const event of events) {
        if (event.kind === "lost") this.#wakeAll();
        else for (const mark of event.text.split("\n")) for (const wake of this.#readers.get(mark) ?? []) wake();
      }
    };
    const again = () => {
      resolve();
      if (!ends.aborted) cancel = this.#clock.schedule(AGAIN_MS, begin);
    };
    const begin = () => void read().then(again, again);
    begin();
    return { ends, begun };
  }

  #wakeAll(): void {
    for (const wakes of this.#readers.values()) for (const wake of wakes) wake();
  }
}

/** Short; two threads that share one wake each other's readers, who find nothing new. */
const markOf = ({ tenant, id }: ThreadKey): string => Bun.hash(`${tenant}\n${id}`).toString(36);
