// Drafts of all turns go out at the same moment, many in one write: a thousand answers that stream at once cost a few commits, not a thousand.
// A round is done in portions; while one is going on no other begins.

import type { Chores } from "./chores.ts";
import type { DraftPiece } from "./turn-draft.ts";
import { RANK, type WriteThreads } from "./write-thread.ts";

/** Pieces in a write. */
const PIECES_MAX = 256;

export class DraftRounds {
  readonly #chores: Chores;
  readonly #writeAll: WriteThreads;
  #pieces: DraftPiece[] = [];
  #isGoing = false;

  constructor(chores: Chores, writeAll: WriteThreads) {
    this.#chores = chores;
    this.#writeAll = writeAll;
  }

  begin(turns: Iterable<{ tick(): void }>): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    for (const turn of turns) this.#chores.add(() => turn.tick());
    this.#chores.add(() => {
      this.#isGoing = false;
      void this.#send();
    });
  }

  /** During a turn's tick. */
  add(piece: DraftPiece): void {
    this.#pieces.push(piece);
    if (this.#pieces.length === PIECES_MAX) void this.#send();
  }

  async #send(): Promise<void> {
    const sent = this.#pieces;
    if (sent.length === 0) return;
    this.#pieces = [];
    try {
      const written = await this.#writeAll(
        sent.map(({ write }) => write),
        RANK.draft,
      );
      for (const [index, piece] of sent.entries()) piece.settle(written[index]);
    } catch {
      // What cannot be kept now goes with the next round, or is in the whole answer.
      for (const piece of sent) piece.settle(undefined);
    }
  }
}
