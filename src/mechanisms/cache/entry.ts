// One key that the cache holds or remembers, with what each of the two books (recency, worth) writes about it.
// An entry whose value is undefined is only remembered: the cache knows the key and its history, not its content.

import { Link } from "./linked-list.ts";
import type { ScopedKey } from "./scoped-key.ts";

export interface Limits {
  entriesMax: number;
  bytesMax: number;
}

/** Where the worth book has the entry. */
export type Place = "none" | "probation" | "main";

export class Entry<V> {
  readonly key: ScopedKey;
  value: V | undefined = undefined;
  bytes = 0;
  cost = 0;
  tags: readonly string[] | undefined = undefined;
  /** Clock.monotonic() of storing (earlier by the age it came with) and of the end of its time to live. */
  storedAtMs = 0;
  expiresAtMs = 0;
  hits = 0;

  /** In the ghost queue, and so in neither book. */
  isGhost = false;

  // The recency book.
  inRecency = false;
  /** In the recency list, or in the ghost queue: never in both. */
  readonly recencyLink: Link<Entry<V>> = new Link<Entry<V>>(this);

  // The worth book.
  place: Place = "none";
  readonly probationLink: Link<Entry<V>> = new Link<Entry<V>>(this);
  /** Position in the main segment. */
  index = -1;
  frequency = 1;
  /** Cost per share of the cache's room. */
  density = 0;
  score = 0;

  constructor(key: ScopedKey) {
    this.key = key;
  }
}
