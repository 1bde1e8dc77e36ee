// Loads in flight, at most one a key. Each waiter leaves by its own signal; the load is aborted when all have left.
// A load that is let go (its key or tag was invalidated, or a value was set by hand) still answers those who wait for
// it, but nobody joins it any more and its value is not kept.

import type { Abortable } from "../../base/index.ts";
import { SharedSignal } from "./shared-signal.ts";

export type LoadValue<V> = (signal: AbortSignal) => Promise<V>;

/** Told how a load ended, before its waiters are. `load.current` is false when its value must not be kept. */
export interface LoadEnd<V> {
  loaded(value: V, load: Load<V>): void;
  failed(): void;
}

export class Load<V> {
  readonly shared = new SharedSignal();
  readonly tags: Set<string>;
  /** Settled by `Loads.start`. */
  result: Promise<V> | undefined;
  /** False once let go. */
  current = true;

  constructor(tags: readonly string[]) {
    this.tags = new Set(tags);
  }

  /** Waits as a member. Rejects with the signal's reason when it aborts first. */
  wait(signal?: Abortable): Promise<V> {
    const result = this.result as Promise<V>;
    return new Promise<V>((resolve, reject) => {
      const leave = this.shared.join(signal, reject);
      result.then(resolve, reject).finally(leave);
    });
  }
}

export class Loads<V> {
  readonly #inFlight = new Map<string, Load<V>>();

  get size(): number {
    return this.#inFlight.size;
  }

  find(key: string): Load<V> | undefined {
    return this.#inFlight.get(key);
  }

  /** There must be none in flight for the key. */
  start(key: string, run: LoadValue<V>, tags: readonly string[], end: LoadEnd<V>): Load<V> {
    const load = new Load<V>(tags);
    this.#inFlight.set(key, load);
    load.shared.signal.addEventListener("abort", () => this.#letGo(key, load));
    load.result = this.#run(key, load, run, end);
    // Each waiter hears of a failure; a load without waiters has nobody to tell.
    load.result.catch(() => {});
    return load;
  }

  letGo(key: string): void {
    const load = this.#inFlight.get(key);
    if (load) this.#letGo(key, load);
  }

  letGoTag(tag: string): void {
    for (const [key, load] of this.#inFlight) if (load.tags.has(tag)) this.#letGo(key, load);
  }

  letGoAll(): void {
    for (const [key, load] of this.#inFlight) this.#letGo(key, load);
  }

  async #run(key: string, load: Load<V>, run: LoadValue<V>, end: LoadEnd<V>): Promise<V> {
    try {
      const value = await run(load.shared.signal.toSignal());
      end.loaded(value, load);
      return value;
    } catch (failure) {
      end.failed();
      throw failure;
    } finally {
      load.shared.settle();
      this.#letGo(key, load);
    }
  }

  #letGo(key: string, load: Load<V>): void {
    load.current = false;
    if (this.#inFlight.get(key) === load) this.#inFlight.delete(key);
  }
}
