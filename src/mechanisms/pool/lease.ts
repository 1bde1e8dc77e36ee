// A resource in one caller's hands. It goes back once: a second release is a mistake that would give one resource to two
// callers, so it throws. A foreign release cannot be written: the lease is the only way back.

import { MillraceError } from "../../base/index.ts";
import type { Entry } from "./entry.ts";

/** What the pool does with a resource that comes back. */
export interface Returns<T> {
  released(entry: Entry<T>): void;
  broken(entry: Entry<T>): void;
}

export class Lease<T> {
  readonly resource: T;
  readonly #returns: Returns<T>;
  #entry: Entry<T> | undefined;

  constructor(entry: Entry<T>, returns: Returns<T>) {
    this.resource = entry.resource;
    this.#entry = entry;
    this.#returns = returns;
  }

  /** Gives the resource back. Throws `release_invalid` the second time. */
  release(): void {
    this.#returns.released(this.#take());
  }

  /** Gives back a resource that no longer works: it is destroyed. Throws `release_invalid` after a release. */
  destroy(): void {
    this.#returns.broken(this.#take());
  }

  #take(): Entry<T> {
    const entry = this.#entry;
    if (!entry) throw new MillraceError("release_invalid", "This resource was given back already: acquire it again.");
    this.#entry = undefined;
    return entry;
  }
}
