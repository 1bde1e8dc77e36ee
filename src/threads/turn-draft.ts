// The answer that is being written, kept as it comes, in the words that a reader sees. One piece at a time is under way; one that could not be
// written is sent again from where it began, which adds nothing twice. A secret that is not complete waits for its end.

import { type Clock, concat } from "../base/index.ts";
import type { ThreadKey, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import type { Redact, Settled } from "./redaction.ts";
import type { Turn } from "./turn.ts";

export interface TurnDraftOptions {
  readonly clock: Clock;
  readonly redact: Redact;
  readonly settled: Settled;
  readonly bytesMax: number;
}

/** What is to be written of a draft. */
export interface DraftPiece {
  readonly write: ThreadWrite;
  /** Once, with what became of it; undefined: not known. */
  settle(written: ThreadWritten | undefined): void;
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
  #underWay: PromiseWithResolvers<void> | undefined;

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

  /** Undefined: nothing is to be written, or a piece is under way. @param letGo told how many bytes are held no more */
  piece(key: ThreadKey, letGo: (bytes: number) => void): DraftPiece | undefined {
    if (this.#underWay || (this.#chunks.length === 0 && this.#pending === "")) return undefined;
    letGo(this.#readEvents());
    const text = this.#pending;
    if (text === "") return undefined;
    const done = Promise.withResolvers<void>();
    this.#underWay = done;
    const { clock } = this.#options;
    return {
      write: { kind: "draft", key, draft: this.id, from: this.#from, text, atMs: clock.now() },
      settle: (written) => {
        if (written?.kind === "written") {
          this.#from += text.length;
          this.#pending = this.#pending.slice(text.length);
        }
        this.#underWay = undefined;
        done.resolve();
      },
    };
  }

  /** Resolves when no piece is under way. */
  async idle(): Promise<void> {
    await this.#underWay?.promise;
  }

  /** @returns how many bytes that were. */
  #readEvents(): number {
    const { redact, settled } = this.#options;
    const held = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : concat(this.#chunks);
    const end = eventsEnd(held);
    this.#chunks = end === held.byteLength ? [] : [held.subarray(end)];
    if (end > 0) this.#said += this.#wordsIn(held.subarray(0, end));
    const whole = settled(this.#said);
    this.#pending += String(redact([this.#said.slice(0, whole)])[0]);
    this.#said = this.#said.slice(whole);
    return end;
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
