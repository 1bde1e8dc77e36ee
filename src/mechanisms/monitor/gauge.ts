// A number that goes up and down, kept per combination of label values.

import type { LabelValues, MetricHead, Tally } from "./metric.ts";
import { SeriesTable } from "./series-table.ts";
import { type NumberSnapshot, numberSnapshot } from "./snapshot.ts";

export class Gauge<Names extends readonly string[]> {
  readonly #head: MetricHead;
  readonly #table: SeriesTable<Tally>;
  #refused = 0;

  constructor(head: MetricHead, seriesMax: number) {
    this.#head = head;
    this.#table = new SeriesTable(head.labels.length, seriesMax, () => ({ value: 0 }));
  }

  set(value: number, ...values: LabelValues<Names>): void {
    if (Number.isFinite(value)) this.#table.find(values).value = value;
    else this.#refused++;
  }

  /** Raises, or with a negative amount lowers. */
  add(amount: number, ...values: LabelValues<Names>): void {
    if (Number.isFinite(amount)) this.#table.find(values).value += amount;
    else this.#refused++;
  }

  snapshot(): NumberSnapshot {
    return numberSnapshot("gauge", this.#head, this.#table, this.#refused);
  }
}
