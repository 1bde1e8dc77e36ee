// What happened in one run, in order: a digest by which two runs are compared, counts by kind, and the last lines, which a
// failure shows. It also says what must hold; the run ends at the first thing that does not.

import type { Clock } from "../../src/base/index.ts";

/** Times are exact: what is due happens in that very moment. This is for sums of fractions alone. */
export const ROUNDING_MS = 1e-6;
const LINES_SHOWN = 12;

export class Journal {
  readonly counts = new Map<string, number>();
  readonly #seed: number;
  readonly #clock: Clock;
  readonly #hasher = new Bun.CryptoHasher("sha1");
  readonly #last: string[] = [];
  #failure: Error | undefined;

  constructor(seed: number, clock: Clock) {
    this.#seed = seed;
    this.#clock = clock;
  }

  note(kind: string, detail: string): void {
    const line = `${this.#clock.monotonic()} ${kind}: ${detail}`;
    this.#hasher.update(line);
    this.#last.push(line);
    if (this.#last.length > LINES_SHOWN) this.#last.shift();
    this.count(kind);
  }

  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  must(holds: boolean, what: () => string): void {
    if (holds) return;
    const lines = this.#last.map((line) => `  ${line}`).join("\n");
    this.#failure ??= new Error(`Seed ${this.#seed}, after ${this.#clock.monotonic()} ms: ${what()}\nBefore that:\n${lines}`);
    throw this.#failure;
  }

  /** Throws what did not hold, also where those who were told of it keep errors to themselves. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** To be asked for once, at the end. */
  digest(): string {
    return this.#hasher.digest("hex");
  }
}
