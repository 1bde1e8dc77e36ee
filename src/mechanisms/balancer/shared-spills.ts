// Spills in a store that several servers share. A store that is slow or gone costs one caller 50 ms once; after that it is
// left alone for a while, and sessions go to their home. Keys are digests: no name of a tenant or session is stored.

import { type Clock, systemClock, text, utf8 } from "../../base/index.ts";
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

export class SharedSpills implements Spills {
  readonly #store: KeyValue;
  readonly #prefix: string;
  readonly #lookUpMsMax: number;
  readonly #coolDownMs: number;
  readonly #clock: Clock;
  #closedUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ store, prefix = "spill:", lookUpMsMax = 50, coolDownMs = 5000, clock = systemClock }: SharedSpillsOptions) {
    this.#store = store;
    this.#prefix = prefix;
    this.#lookUpMsMax = lookUpMsMax;
    this.#coolDownMs = coolDownMs;
    this.#clock = clock;
  }

  get(key: string): string | undefined | Promise<string | undefined> {
    if (this.#isLeftAlone()) return undefined;
    try {
      const answer = this.#store.get(this.#keyOf(key));
      return answer instanceof Promise ? this.#within(answer) : answer && text(answer);
    } catch {
      this.#leaveAlone();
      return undefined;
    }
  }

  set(key: string, backend: string, ttlMs: number): void {
    if (this.#isLeftAlone()) return;
    const options = Number.isFinite(ttlMs) ? { ttlMs } : {};
    this.#store.set(this.#keyOf(key), utf8(backend), options).catch(() => this.#leaveAlone());
  }

  #within(answer: Promise<Uint8Array | undefined>): Promise<string | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(this.#lookUpMsMax, () => {
        this.#leaveAlone();
        resolve(undefined);
      });
      answer.then(
        (value) => {
          cancel();
          resolve(value && text(value));
        },
        () => {
          cancel();
          this.#leaveAlone();
          resolve(undefined);
        },
      );
    });
  }

  #keyOf(key: string): string {
    return this.#prefix + hexOf(digest(key));
  }

  #isLeftAlone(): boolean {
    return this.#clock.monotonic() < this.#closedUntilMs;
  }

  #leaveAlone(): void {
    this.#closedUntilMs = this.#clock.monotonic() + this.#coolDownMs;
  }
}
