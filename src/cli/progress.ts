// How far work on files has come: a bar that is written over where somebody watches, else a line a file. A bar moves ten times a second at most.

import type { Clock } from "../base/index.ts";
import type { Terminal } from "./terminal.ts";

const EVERY_MS = 100;
const CELLS = 24;

/** `1 thread`, `2 threads`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** What `advance` will add up to; undefined where nobody knows: then there is no bar. */
  readonly total: number | undefined;
  /** What is beside the bar. */
  readonly words: () => string;
}

export class Progress {
  readonly #options: ProgressOptions;
  #done = 0;
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  advance(by: number): void {
    this.#done += by;
    const { terminal, clock, words } = this.#options;
    if (!terminal.status || clock.monotonic() < this.#shownMs + EVERY_MS) return;
    this.#shownMs = clock.monotonic();
    terminal.status(`${this.#bar()}${words()}`);
  }

  /** Said of a part that is done; only where no bar says it. */
  line(text: string): void {
    if (!this.#options.terminal.status) this.#options.terminal.err(text);
  }

  /** Said whoever watches. */
  note(text: string): void {
    this.#options.terminal.status?.("");
    this.#options.terminal.err(text);
  }

  end(): void {
    this.#options.terminal.status?.("");
  }

  #bar(): string {
    const { total } = this.#options;
    if (total === undefined) return "";
    const share = total === 0 ? 1 : Math.min(1, this.#done / total);
    const full = Math.floor(share * CELLS);
    return `[${"#".repeat(full)}${"-".repeat(CELLS - full)}] ${String(Math.floor(share * 100)).padStart(3)} %  `;
  }
}
