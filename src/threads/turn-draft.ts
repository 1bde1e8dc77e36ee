// The answer that is being written, kept as it comes, in the words that a reader sees: a crash loses what came since the last flush. One write at
// a time; one that failed is sent again from where it began, which adds nothing twice. A secret that is not complete waits for its end.

import { type Clock, concat } from "../base/index.ts";
import type { ThreadKey } from "../ports/index.ts";
import type { Redact } from "./redaction.ts";
import type { Turn } from "./turn.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

export interface TurnDraftOptions {
  readonly write: WriteThread;
  readonly clock: Clock;
  readonly redact: Redact;
  readonly settled: (text: string) => number;
  readonly bytesMax: number;
}

const LF = 10;
const CR = 13;

export class TurnDraft {
  readonly id: string;
  readonly #wordsIn: Turn["wordsIn"];
  readonly #options: TurnDraftOptions;
  #chunks: Uint8Array[] = [];
  /** Words that may end within a secret. */
  #said = "";
  #pending = "";
  #bytes = 0;
  #from = 0;
  #isWriting = false;

  constructor({ id, wordsIn }: Turn, options: TurnDraftOptions) {
    this.id = id;
    this.#wordsIn = wordsIn;
    this.#options = options;
  }

  /** @returns how many bytes are held for it; 0: the draft is as long as it may be. */
  add(bytes: Uint8Array): number {
    if (this.#bytes >= this.#options.bytesMax) return 0;
    this.#bytes += bytes.byteLength;
    this.#chunks.push(bytes);
    return bytes.byteLength;
  }

  /** @returns how many bytes are held no more. */
  async flush(key: ThreadKey): Promise<number> {
    if (this.#isWriting || (this.#chunks.length === 0 && this.#pending === "")) return 0;
    const { redact, settled } = this.#options;
    const held = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : concat(this.#chunks);
    const end = eventsEnd(held);
    this.#chunks = end === held.byteLength ? [] : [held.subarray(end)];
    if (end > 0) this.#said += this.#wordsIn(held.subarray(0, end));
    const whole = settled(this.#said);
    this.#pending += String(redact([this.#said.slice(0, whole)])[0]);
    this.#said = this.#said.slice(whole);
    if (this.#pending !== "") await this.#write(key, this.#pending);
    return end;
  }

  async #write(key: ThreadKey, text: string): Promise<void> {
    const { write, clock } = this.#options;
    this.#isWriting = true;
    try {
      const order = { kind: "draft", key, draft: this.id, from: this.#from, text, atMs: clock.now() } as const;
      const { kind } = await write(order, RANK.draft);
      if (kind !== "written") return;
      this.#from += text.length;
      this.#pending = this.#pending.slice(text.length);
    } catch {
      // The text stays, and goes with the next flush: what cannot be kept now is in the whole answer.
    } finally {
      this.#isWriting = false;
    }
  }
}

/** Behind the last blank line: what comes after it is no whole event. */
function eventsEnd(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(LF); at > 0; at = bytes.lastIndexOf(LF, at - 1)) {
    const before = bytes[at - 1] === CR ? at - 2 : at - 1;
    if (bytes[before] === LF) return at + 1;
  }
  return 0;
}
