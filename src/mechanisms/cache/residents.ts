// What is held and what is only remembered. Two books, recency and worth, each say what they would hold; the content
// follows the one ahead in hits, so that the cache is never much worse than LRU and saves more cost wherever it can.
// Invariant: content stays within both bounds at every return; keys known, held ones too, are at most
// three times entriesMax: one for each book and one for the ghosts.
// Knows nothing of time to live, tags or loads.

import type { Random } from "../../base/index.ts";
import { Entry, type Limits } from "./entry.ts";
import { Ghosts } from "./ghosts.ts";
import { Recency } from "./recency.ts";
import type { ScopedKey } from "./scoped-key.ts";
import { Worth } from "./worth.ts";

export type Leader = "recency" | "worth";

/** Requests over which the books' lead fades by e, and leads that change the leader: all in multiples of the entries held. */
const WINDOW = 20;
const LEAD_OF_WORTH = 0.05;
const LEAD_OF_RECENCY = 0.005;
/** A cache with fewer entries is judged as if it held this many: a handful of hits is chance. */
const ENTRIES_JUDGED_MIN = 100;

export class Residents<V> {
  readonly #limits: Limits;
  readonly #onDrop: (entry: Entry<V>) => void;
  readonly #known = new Map<ScopedKey, Entry<V>>();
  readonly #recency: Recency<V>;
  readonly #worth: Worth<V>;
  readonly #ghosts: Ghosts<V>;
  /** Content of the last leader that the present one would not hold. It leaves when room is needed. */
  #leftovers: Entry<V>[] = [];
  #requests = 0;
  /** Hits that worth would have had beyond those of recency, fading. */
  #lead = 0;
  #leadAt = 0;
  leader: Leader = "recency";
  leaderChanges = 0;
  entries = 0;
  bytes = 0;

  /** @param onDrop called with each entry whose content is evicted, while the content is still there. */
  constructor(limits: Limits, random: Random, onDrop: (entry: Entry<V>) => void) {
    this.#limits = limits;
    this.#onDrop = onDrop;
    this.#ghosts = new Ghosts<V>(limits.entriesMax, (entry) => this.#known.delete(entry.key));
    this.#recency = new Recency<V>(limits, (entry) => this.#leftBook(entry, "recency", entry.place !== "none"));
    this.#worth = new Worth<V>(limits, random, (entry) => this.#leftBook(entry, "worth", entry.inRecency));
  }

  /** Keys known without content. */
  get remembered(): number {
    return this.#known.size - this.entries;
  }

  /** The entry, which may be a ghost. Nothing is noted. */
  find(key: ScopedKey): Entry<V> | undefined {
    return this.#known.get(key);
  }

  /** All that is known, ghosts and the like too. */
  all(): IterableIterator<Entry<V>> {
    return this.#known.values();
  }

  /** Notes that the key was asked for. `live`: content, if held, would have been a valid answer. */
  request(entry: Entry<V>, live: boolean): void {
    this.#requests++;
    this.#worth.note(entry);
    if (live && entry.inRecency !== (entry.place !== "none")) this.#judge(entry.inRecency ? -1 : 1);
    if (entry.value !== undefined) {
      // A book without this key would have loaded it now. (After a real miss, `put` tells both.)
      this.#recency.admit(entry);
      this.#worth.admit(entry, true);
    } else if (entry.inRecency) this.#recency.touch(entry);
  }

  /** Holds the value. `bytes` must not be over the bound. What was known of the key stays known. */
  put(key: ScopedKey, value: V, bytes: number, cost: number): Entry<V> {
    let entry = this.#known.get(key);
    const known = entry !== undefined;
    if (!entry) {
      entry = new Entry<V>(key);
      this.#known.set(key, entry);
    }
    this.#ghosts.remove(entry);
    this.hollow(entry);
    if (entry.bytes !== bytes || entry.cost !== cost) {
      this.#recency.remove(entry);
      this.#worth.remove(entry);
      entry.bytes = bytes;
      entry.cost = cost;
    }
    this.#worth.admit(entry, known);
    this.#recency.admit(entry);
    entry.value = value;
    this.entries++;
    this.bytes += bytes;
    while (this.entries > this.#limits.entriesMax || this.bytes > this.#limits.bytesMax) this.#dropLeftover();
    return entry;
  }

  /** Lets go of the content and remembers the key: for what expired and may be loaded again. */
  hollow(entry: Entry<V>): void {
    if (entry.value === undefined) return;
    entry.value = undefined;
    this.entries--;
    this.bytes -= entry.bytes;
  }

  /** Forgets the key altogether. */
  remove(entry: Entry<V>): void {
    this.hollow(entry);
    this.#ghosts.remove(entry);
    this.#recency.remove(entry);
    this.#worth.remove(entry);
    this.#known.delete(entry.key);
  }

  #leftBook(entry: Entry<V>, book: Leader, inOther: boolean): void {
    if (book === this.leader || !inOther) this.#drop(entry);
    if (!inOther) this.#ghosts.admit(entry);
  }

  #drop(entry: Entry<V>): void {
    if (entry.value === undefined) return;
    this.#onDrop(entry);
    this.hollow(entry);
  }

  #dropLeftover(): void {
    const entry = this.#leftovers.pop() as Entry<V>;
    if (!this.#leaderHolds(entry)) this.#drop(entry);
  }

  #leaderHolds(entry: Entry<V>): boolean {
    return this.leader === "recency" ? entry.inRecency : entry.place !== "none";
  }

  /** One book would have had a hit that the other would not: `difference` is 1 for worth, -1 for recency. */
  #judge(difference: number): void {
    const scale = Math.max(ENTRIES_JUDGED_MIN, this.entries);
    this.#lead = this.#lead * Math.exp((this.#leadAt - this.#requests) / (WINDOW * scale)) + difference;
    this.#leadAt = this.#requests;
    if (this.leader === "recency" ? this.#lead <= LEAD_OF_WORTH * scale : this.#lead >= -LEAD_OF_RECENCY * scale) return;
    this.leader = this.leader === "recency" ? "worth" : "recency";
    this.leaderChanges++;
    this.#leftovers = [];
    for (const entry of this.#known.values()) {
      if (entry.value !== undefined && !this.#leaderHolds(entry)) this.#leftovers.push(entry);
    }
    this.#leftovers.reverse(); // The longest known leave first.
  }
}
