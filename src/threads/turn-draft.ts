// The answer that is being written, kept as it comes: a crash loses what came since the last flush. One write at a time; one that failed is
// sent again from where it began, which adds nothing twice.

import type { Clock } from "../base/index.ts";
import type { ThreadKey } from "../ports/index.ts";
import { draftId } from "./draft-text.ts";
import type { Redact } from "./redaction.ts";
import type { Turn } from "./turn.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

export interface TurnDraftOptions {
  readonly write: WriteThread;
  readonly clock: Clock;
  readonly redact: Redact;
  readonly bytesMax: number;
}

export class TurnDraft {
  readonly id: string;
  readonly #options: TurnDraftOptions;
  readonly #decoder = new TextDecoder();
  #chunks: Uint8Array[] = [];
  #pending = "";
  #bytes = 0;
  #from = 0;
  #isWriting = false;

  constructor({ dialect, endpoint, id }: Turn, options: TurnDraftOptions) {
    this.id = draftId(dialect, endpoint, id);
    this.#options = options;
  }

  /** @returns how many bytes are held for it; 0: the draft is as long as it may be. */
  add(bytes: Uint8Array): number {
    if (this.#bytes >= this.#options.bytesMax) return 0;
    this.#bytes += bytes.byteLength;
    this.#chunks.push(bytes);
    return bytes.byteLength;
  }

  /** @returns how many bytes are held no more, once what there was is durable. */
  async flush(key: ThreadKey): Promise<number> {
    if (this.#isWriting) return 0;
    let bytes = 0;
    let text = "";
    for (const chunk of this.#chunks) {
      bytes += chunk.byteLength;
      text += this.#decoder.decode(chunk, { stream: true });
    }
    this.#chunks = [];
    this.#pending += String(this.#options.redact([text])[0]);
    if (this.#pending !== "") await this.#write(key, this.#pending);
    return bytes;
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
