// An item that was added, what is known of it, and the caller who waits for it.

import type { Link, LinkedList } from "./linked-list.ts";

export interface Entry<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly rank: number;
  readonly key: string | undefined;
  /** Its number: those added later have greater ones. */
  order: number;
  /** Monotonic. */
  readonly addedMs: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
  /** Ends listening to the caller's signal. */
  unlisten: (() => void) | undefined;
  /** Where it stands: outside, for want of room; or in the line, among all, among those of its key, and on a shelf. */
  outside: Link<Entry<Item, Result>> | undefined;
  arrival: Link<Entry<Item, Result>> | undefined;
  chain: Chain<Item, Result> | undefined;
  turn: Link<Entry<Item, Result>> | undefined;
  shelf: LinkedList<Entry<Item, Result>> | undefined;
  place: Link<Entry<Item, Result>> | undefined;
}

/** What waits of one key. */
export interface Chain<Item, Result> {
  readonly key: string;
  readonly waiting: LinkedList<Entry<Item, Result>>;
  /** The best one of those that wait, or waited just before them. */
  rank: number;
  /** The batch that holds items of this key: until it is done no other may. */
  holder: readonly Entry<Item, Result>[] | undefined;
}
