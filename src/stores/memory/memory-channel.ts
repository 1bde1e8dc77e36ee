// A channel within one process. A text is with its subscribers before `publish` returns.

import { type Abortable, Mailbox, MillraceError } from "../../base/index.ts";
import { type Channel, type ChannelEvent, checkChannelName, checkChannelText } from "../../ports/index.ts";

export interface MemoryChannelOptions {
  /** Over all names. Default 10,000. */
  subscribersMax?: number;
  /** Texts that wait for one subscriber; of more it loses all. Default 256. */
  waitingMax?: number;
}

const LOST: ChannelEvent = { kind: "lost" };

export class MemoryChannel implements Channel {
  readonly #names = new Map<string, Set<Mailbox<ChannelEvent>>>();
  readonly #subscribersMax: number;
  readonly #waitingMax: number;
  #subscribers = 0;
  #isClosed = false;

  /** Throws `option_invalid` for a number that bounds nothing. */
  constructor({ subscribersMax = 10_000, waitingMax = 256 }: MemoryChannelOptions = {}) {
    for (const [name, value] of Object.entries({ subscribersMax, waitingMax })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new MillraceError("option_invalid", `A channel's \`${name}\` is a whole number of 1 or more.`);
    }
    this.#subscribersMax = subscribersMax;
    this.#waitingMax = waitingMax;
  }

  async publish(name: string, text: string): Promise<void> {
    this.#refuseClosed();
    checkChannelName(name);
    checkChannelText(text);
    for (const box of this.#names.get(name) ?? []) box.put({ kind: "text", text });
  }

  async subscribe(name: string, signal: Abortable): Promise<AsyncIterable<ChannelEvent>> {
    this.#refuseClosed();
    checkChannelName(name);
    if (this.#subscribers >= this.#subscribersMax) throw unavailable("The channel has as many subscribers as may be.");
    const box = new Mailbox<ChannelEvent>(this.#waitingMax, LOST);
    const boxes = this.#names.get(name) ?? new Set();
    this.#names.set(name, boxes.add(box));
    this.#subscribers++;
    const leave = () => {
      if (!boxes.delete(box)) return;
      this.#subscribers--;
      if (boxes.size === 0 && this.#names.get(name) === boxes) this.#names.delete(name);
      box.close();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return box.read(signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const boxes of this.#names.values()) for (const box of boxes) box.close();
    this.#names.clear();
    this.#subscribers = 0;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw unavailable("The channel is closed.");
  }
}

const unavailable = (message: string): MillraceError => new MillraceError("store_unavailable", message);
