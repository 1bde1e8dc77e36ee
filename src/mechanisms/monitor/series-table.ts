// The series of one metric: one per combination of label values, found again by a map per label, which costs no joined
// key. Invariant: at most seriesMax series and one more, whose values are all "other": it takes every new combination
// after these, and every one with a value too long to keep. Series stay for the life of the metric.

import { MillraceError } from "../../base/index.ts";

const OTHER = "other";
const VALUE_LENGTH_MAX = 128;

interface Node<Series> {
  children: Map<string, Node<Series>>;
  series: Series | undefined;
}

export interface LabelledSeries<Series> {
  values: readonly string[];
  series: Series;
}

export class SeriesTable<Series> {
  readonly #labelCount: number;
  readonly #seriesMax: number;
  readonly #make: () => Series;
  readonly #root: Node<Series> = newNode();
  readonly #all: LabelledSeries<Series>[] = [];
  #overflowed = 0;

  constructor(labelCount: number, seriesMax: number, make: () => Series) {
    this.#labelCount = labelCount;
    this.#seriesMax = seriesMax;
    this.#make = make;
    if (labelCount === 0) this.find([]); // So that a metric without labels shows from the start.
  }

  /** How often the series "other" was given for want of room. */
  get overflowed(): number {
    return this.#overflowed;
  }

  get all(): readonly LabelledSeries<Series>[] {
    return this.#all;
  }

  /** Throws `option_invalid` for a wrong number of values. */
  find(values: readonly string[]): Series {
    if (values.length !== this.#labelCount) {
      throw new MillraceError("option_invalid", `This metric takes ${this.#labelCount} label values, not ${values.length}.`);
    }
    let node: Node<Series> | undefined = this.#root;
    for (let index = 0; node && index < values.length; index++) node = node.children.get(values[index] as string);
    return node?.series ?? this.#add(values);
  }

  #add(values: readonly string[]): Series {
    const keep = this.#all.length < this.#seriesMax && values.every((value) => value.length <= VALUE_LENGTH_MAX);
    if (!keep) this.#overflowed++;
    // Well-formed, because two values that differ only in unpaired surrogates would be written as the same text.
    const kept = values.map((value) => (keep ? value.toWellFormed() : OTHER));
    let node = this.#root;
    for (const value of kept) {
      let child = node.children.get(value);
      if (!child) {
        child = newNode();
        node.children.set(value, child);
      }
      node = child;
    }
    if (!node.series) {
      node.series = this.#make();
      this.#all.push({ values: kept, series: node.series });
    }
    return node.series;
  }
}

function newNode<Series>(): Node<Series> {
  return { children: new Map(), series: undefined };
}
