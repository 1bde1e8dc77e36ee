// Items in line for a commit. Which go next: those overdue, in the order of their arrival; then by rank, small before large, and the
// keys in turn. Invariants: of a key only the oldest may go, and none while another batch holds one; adding, leaving and taking cost
// the same however long the line is. (While other batches run, overdue items of their keys are stepped over one by one.)

import type { Chain, Entry } from "./entry.ts";
import { LinkedList } from "./linked-list.ts";

export const RANKS = 8;
/** Bytes below which an item is of the first size, the second, the third. Of one size the order of arrival counts. */
const SIZES = [4096, 65_536, 1_048_576];
const SIZE_COUNT = SIZES.length + 1;

const sizeOf = (bytes: number): number => {
  let size = 0;
  while (size < SIZES.length && bytes >= (SIZES[size] as number)) size++;
  return size;
};

export interface BatchLimits {
  readonly itemsMax: number;
  /** A larger item goes alone. */
  readonly bytesMax: number;
  /** What was added then or before is overdue, monotonic. */
  readonly overdueMs: number;
}

export class Line<Item, Result> {
  bytes = 0;
  readonly #arrivals = new LinkedList<Entry<Item, Result>>();
  readonly #chains = new Map<string, Chain<Item, Result>>();
  /** What may go, by rank and then size: the first of each key, but for those found to be held. */
  readonly #shelves = Array.from({ length: RANKS * SIZE_COUNT }, () => new LinkedList<Entry<Item, Result>>());
  /** How many wait behind others of their key that a batch holds. */
  #held = 0;
  /** No shelf before this one has anything. */
  #lowest = 0;

  get size(): number {
    return this.#arrivals.size;
  }

  /** Keys of which something waits or is held. */
  get keys(): number {
    return this.#chains.size;
  }

  get oldest(): Entry<Item, Result> | undefined {
    return this.#arrivals.first?.value;
  }

  /** How many wait for nothing but a commit: none of their key is held by a batch. */
  get ready(): number {
    return this.#arrivals.size - this.#held;
  }

  add(entry: Entry<Item, Result>): void {
    entry.arrival = this.#arrivals.push(entry);
    this.bytes += entry.bytes;
    if (entry.key !== undefined) this.#chain(entry, entry.key);
    else this.#shelve(entry);
  }

  /** Of an item that leaves without having been taken. */
  remove(entry: Entry<Item, Result>): void {
    if (entry.arrival) this.#arrivals.remove(entry.arrival);
    entry.arrival = undefined;
    this.bytes -= entry.bytes;
    this.#unshelve(entry);
    const { chain } = entry;
    if (!chain) return;
    if (entry.turn) chain.waiting.remove(entry.turn);
    if (chain.holder) this.#held--;
    this.#moveUp(chain);
  }

  /** What goes next. Until it is released nothing else of its keys goes. Empty when nothing may go. */
  take({ itemsMax, bytesMax, overdueMs }: BatchLimits): Entry<Item, Result>[] {
    const batch: Entry<Item, Result>[] = [];
    let bytes = 0;
    const takes = (entry: Entry<Item, Result>): boolean => {
      if (batch.length >= itemsMax || (batch.length > 0 && bytes + entry.bytes > bytesMax)) return false;
      if (entry.chain) this.#hold(entry.chain, batch);
      this.remove(entry);
      batch.push(entry);
      bytes += entry.bytes;
      return true;
    };
    for (let link = this.#arrivals.first; link && link.value.addedMs <= overdueMs; link = link.after) {
      if (!isHeld(link.value, batch) && !takes(link.value)) return batch;
    }
    for (let next = this.#best(batch); next && takes(next); next = this.#best(batch));
    return batch;
  }

  release(batch: readonly Entry<Item, Result>[]): void {
    for (const { chain } of batch) {
      if (chain?.holder !== batch) continue;
      chain.holder = undefined;
      this.#held -= chain.waiting.size;
      this.#moveUp(chain);
    }
  }

  #hold(chain: Chain<Item, Result>, batch: readonly Entry<Item, Result>[]): void {
    if (chain.holder === undefined) this.#held += chain.waiting.size;
    chain.holder = batch;
  }

  #chain(entry: Entry<Item, Result>, key: string): void {
    let chain = this.#chains.get(key);
    if (!chain) {
      chain = { key, waiting: new LinkedList(), rank: entry.rank, holder: undefined };
      this.#chains.set(key, chain);
    }
    const first = chain.waiting.first?.value;
    entry.chain = chain;
    entry.turn = chain.waiting.push(entry);
    if (chain.holder) this.#held++;
    if (!first) {
      chain.rank = entry.rank;
      this.#moveUp(chain);
    } else if (entry.rank < chain.rank) {
      chain.rank = entry.rank;
      if (first.shelf) {
        this.#unshelve(first);
        this.#shelve(first);
      }
    }
  }

  /** Puts the first one of a key where it may be taken; whether another batch holds the key is seen then. */
  #moveUp(chain: Chain<Item, Result>): void {
    const first = chain.waiting.first?.value;
    if (first && !first.shelf) this.#shelve(first);
    else if (!first && !chain.holder) this.#chains.delete(chain.key);
  }

  #shelve(entry: Entry<Item, Result>): void {
    const index = (entry.chain?.rank ?? entry.rank) * SIZE_COUNT + sizeOf(entry.bytes);
    entry.shelf = this.#shelves[index] as LinkedList<Entry<Item, Result>>;
    entry.place = entry.shelf.push(entry);
    this.#lowest = Math.min(this.#lowest, index);
  }

  #unshelve(entry: Entry<Item, Result>): void {
    if (!entry.shelf || !entry.place) return;
    entry.shelf.remove(entry.place);
    entry.shelf = undefined;
    entry.place = undefined;
  }

  #best(batch: readonly Entry<Item, Result>[]): Entry<Item, Result> | undefined {
    for (; this.#lowest < this.#shelves.length; this.#lowest++) {
      const shelf = this.#shelves[this.#lowest] as LinkedList<Entry<Item, Result>>;
      for (let first = shelf.first?.value; first; first = shelf.first?.value) {
        if (!isHeld(first, batch)) return first;
        this.#unshelve(first);
      }
    }
    return undefined;
  }
}

function isHeld<Item, Result>({ chain }: Entry<Item, Result>, batch: readonly Entry<Item, Result>[]): boolean {
  return chain?.holder !== undefined && chain.holder !== batch;
}
