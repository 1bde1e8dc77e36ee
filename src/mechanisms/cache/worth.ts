// The worth book: which keys to hold when worth matters more than recency. The skeleton is S3-FIFO (Yang and others,
// SOSP 2023): newcomers pass through a small probation queue, keys that are remembered go straight to the main segment.
// What leaves is chosen by GreedyDual-Size-Frequency (Cherkasova 1998), score = inflation + frequency * cost / room,
// among a random sample of the main segment: no heap, and a hit writes only to its own entry.

import type { Random } from "../../base/index.ts";
import type { Entry, Limits } from "./entry.ts";
import { LinkedList } from "./linked-list.ts";

const PROBATION_SHARE = 0.1;
const FREQUENCY_MAX = 63;
const SAMPLES = 16;

export class Worth<V> {
  readonly #limits: Limits;
  readonly #random: Random;
  readonly #onOut: (entry: Entry<V>) => void;
  readonly #probation = new LinkedList<Entry<V>>();
  readonly #main: Entry<V>[] = [];
  /** The score of each entry of the main segment once more, side by side: a sample then touches no entry. */
  readonly #scores: number[] = [];
  #probationEntries = 0;
  #probationBytes = 0;
  #bytes = 0;
  /** The highest score ever evicted: what is not asked for again sinks towards it and leaves. */
  #inflation = 0;

  /** @param onOut called with each entry that falls out because of the bounds, not with those removed. */
  constructor(limits: Limits, random: Random, onOut: (entry: Entry<V>) => void) {
    this.#limits = limits;
    this.#random = random;
    this.#onOut = onOut;
  }

  /** Notes that the key was asked for, whether it is a member or not. */
  note(entry: Entry<V>): void {
    if (entry.frequency < FREQUENCY_MAX) entry.frequency++;
    this.#rescore(entry);
  }

  /** Adds one that is not a member, after making room. `known`: it was asked for before, and needs no probation. */
  admit(entry: Entry<V>, known: boolean): void {
    if (entry.place !== "none") return;
    const { bytesMax, entriesMax } = this.#limits;
    while (this.#bytes + entry.bytes > bytesMax || this.#entries + 1 > entriesMax) this.#evict();
    // An entry takes room in the bound that is scarce for it: a share of the bytes or one of the places.
    entry.density = entry.cost / Math.max(entry.bytes / bytesMax, 1 / entriesMax);
    this.#rescore(entry);
    this.#bytes += entry.bytes;
    if (known) this.#enterMain(entry);
    else this.#enterProbation(entry);
  }

  remove(entry: Entry<V>): void {
    if (entry.place === "none") return;
    if (entry.place === "probation") this.#leaveProbation(entry);
    else this.#leaveMain(entry);
    entry.place = "none";
    this.#bytes -= entry.bytes;
  }

  get #entries(): number {
    return this.#probationEntries + this.#main.length;
  }

  #rescore(entry: Entry<V>): void {
    entry.score = this.#inflation + entry.frequency * entry.density;
    if (entry.place === "main") this.#scores[entry.index] = entry.score;
  }

  #evict(): void {
    const { bytesMax, entriesMax } = this.#limits;
    const overShare = this.#probationBytes > PROBATION_SHARE * bytesMax || this.#probationEntries > PROBATION_SHARE * entriesMax;
    const candidate = overShare || this.#main.length === 0 ? this.#probation.oldest : undefined;
    const rival = this.#main.length > 0 ? this.#leastOfMain() : undefined;
    // At the end of its probation an entry takes the place of the least in the main segment, or leaves.
    if (candidate && (rival ? candidate.score > rival.score : candidate.frequency > 1)) {
      this.#leaveProbation(candidate);
      this.#enterMain(candidate);
      if (rival) this.#out(rival);
    } else this.#out(candidate ?? (rival as Entry<V>));
  }

  #out(entry: Entry<V>): void {
    if (entry.place === "main") this.#inflation = Math.max(this.#inflation, entry.score);
    this.remove(entry);
    this.#onOut(entry);
  }

  #leastOfMain(): Entry<V> {
    const scores = this.#scores;
    const random = this.#random;
    const count = scores.length;
    let least = random.below(count);
    for (let sample = 1; sample < SAMPLES; sample++) {
      const other = random.below(count);
      if ((scores[other] as number) < (scores[least] as number)) least = other;
    }
    return this.#main[least] as Entry<V>;
  }

  #enterMain(entry: Entry<V>): void {
    entry.place = "main";
    entry.index = this.#main.length;
    this.#main.push(entry);
    this.#scores.push(entry.score);
  }

  #leaveMain(entry: Entry<V>): void {
    const last = this.#main.pop() as Entry<V>;
    const score = this.#scores.pop() as number;
    if (last === entry) return;
    this.#main[entry.index] = last;
    this.#scores[entry.index] = score;
    last.index = entry.index;
  }

  #enterProbation(entry: Entry<V>): void {
    entry.place = "probation";
    this.#probationEntries++;
    this.#probationBytes += entry.bytes;
    this.#probation.addNewest(entry.probationLink);
  }

  #leaveProbation(entry: Entry<V>): void {
    this.#probation.remove(entry.probationLink);
    this.#probationEntries--;
    this.#probationBytes -= entry.bytes;
  }
}
