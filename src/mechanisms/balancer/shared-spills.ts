// Spills in a store that several servers share. One that fails or is slow lets go all who wait for it and is left alone for a
// while; then one look-up tries it that nobody waits for. Keys are digests: no name of a tenant or session is stored.

import { type Clock, MillraceError, systemClock, text, utf8 } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { digest, hexOf } from "./rendezvous.ts";
import type { Spills } from "./spills.ts";

export interface SharedSpillsOptions {
  store: KeyValue;
  /** Before every key. Default "spill:". */
  prefix?: string;
  /** How long a look-up may take, milliseconds. Default 50. */
  lookUpMsMax?: number;
  /** How long the store is left alone after it failed or was slow, milliseconds. Default 5,000. */
  coolDownMs?: number;
  clock?: Clock;
}

/** Writes under way; one more is not made. */
const WRITES_MAX = 1000;

type Answer = string | undefined;

export class SharedSpills implements Spills {
  readonly #options: Required<SharedSpillsOptions>;
  readonly #waiting = new Set<() => void>();
  #writes = 0;
  #state: "open" | "left alone" | "tried" = "open";
  #triedFromMs = 0;

  /** Throws `option_invalid` for a time that is no finite number over 0. */
  constructor({ store, prefix = "spill:", lookUpMsMax = 50, coolDownMs = 5000, clock = systemClock }: SharedSpillsOptions) {
    for (const ms of [lookUpMsMax, coolDownMs]) {
      if (!(Number.isFinite(ms) && ms > 0))
        throw new MillraceError("option_invalid", "Times of shared spills are finite, over 0.");
    }
    this.#options = { store, prefix, lookUpMsMax, coolDownMs, clock };
  }

  get(key: string): Answer | Promise<Answer> {
    const { clock, store, lookUpMsMax } = this.#options;
    if (this.#state === "tried") return undefined;
    if (this.#state === "left alone") {
      if (clock.monotonic() >= this.#triedFromMs) this.#try(key);
      return undefined;
    }
    const answer = this.#ask(() => store.get(this.#keyOf(key)));
    return answer instanceof Promise ? this.#within(lookUpMsMax, answer) : answer && text(answer);
  }

  set(key: string, backend: string, ttlMs: number): void {
    if (this.#state !== "open" || this.#writes >= WRITES_MAX) return;
    this.#writes++;
    this.#options.store.set(this.#keyOf(key), utf8(backend), { ttlMs }).then(
      () => this.#writes--,
      () => {
        this.#writes--;
        this.#leaveAlone();
      },
    );
  }

  #ask<T>(get: () => T): T | undefined {
    try {
      return get();
    } catch {
      this.#leaveAlone();
      return undefined;
    }
  }

  #try(key: string): void {
    this.#state = "tried";
    const { store, lookUpMsMax } = this.#options;
    const answer = this.#ask(() => store.get(this.#keyOf(key)));
    if (this.#state !== "tried") return;
    if (answer instanceof Promise) void this.#within(lookUpMsMax, answer);
    else this.#state = "open";
  }

  #within(ms: number, answer: Promise<Uint8Array | undefined>): Promise<Answer> {
    return new Promise((resolve) => {
      const settle = (value?: Answer) => {
        if (!this.#waiting.delete(settle)) return;
        cancel();
        resolve(value);
      };
      this.#waiting.add(settle);
      const cancel = this.#options.clock.schedule(ms, () => this.#leaveAlone());
      answer.then(
        (value) => {
          if (this.#state === "tried" && this.#waiting.has(settle)) this.#state = "open";
          settle(value && text(value));
        },
        () => {
          if (this.#waiting.has(settle)) this.#leaveAlone();
        },
      );
    });
  }

  #keyOf(key: string): string {
    return this.#options.prefix + hexOf(digest(key));
  }

  #leaveAlone(): void {
    this.#state = "left alone";
    this.#triedFromMs = this.#options.clock.monotonic() + this.#options.coolDownMs;
    for (const release of [...this.#waiting]) release();
  }
}
