// A number that only grows, kept per combination of label values.

import type { LabelValues, MetricHead, Tally } from "./metric.ts";
import { SeriesTable } from "./series-table.ts";
import { type NumberSnapshot, numberSnapshot } from "./snapshot.ts";

export class Counter<Names extends readonly string[]> {
  readonly #head: MetricHead;
  readonly #table: SeriesTable<Tally>;
  #refused = 0;

  constructor(head: MetricHead, seriesMax: number) {
    this.#head = head;
    this.#table = new SeriesTable(head.labels.length, seriesMax, () => ({ value: 0 }));
  }

  add(amount: number, ...values: LabelValues<Names>): void {
    if (amount >= 0 && amount < Number.POSITIVE_INFINITY) this.#table.find(values).value += amount;
    else this.#refused++;
  }

  snapshot(): NumberSnapshot {
    return numberSnapshot("counter", this.#head, this.#table, this.#refused);
  }
}
