// A counter or gauge whose numbers somebody else keeps: they are asked for at each snapshot, and not between.

import type { LabelValues, MetricHead, Tally } from "./metric.ts";
import { SeriesTable } from "./series-table.ts";
import { type NumberSnapshot, numberSnapshot } from "./snapshot.ts";

/** Calls `set` once for each combination of label values; numbers set for the same one add up. */
export type Read<Names extends readonly string[]> = (set: (value: number, ...values: LabelValues<Names>) => void) => void;

export class Polled<Names extends readonly string[]> {
  readonly #type: "counter" | "gauge";
  readonly #head: MetricHead;
  readonly #seriesMax: number;
  readonly #read: Read<Names>;

  constructor(type: "counter" | "gauge", head: MetricHead, seriesMax: number, read: Read<Names>) {
    this.#type = type;
    this.#head = head;
    this.#seriesMax = seriesMax;
    this.#read = read;
  }

  /** Without any series, and with one refusal, when `read` throws: a wrong number would be worse than none. */
  snapshot(): NumberSnapshot {
    const table = new SeriesTable<Tally>(this.#head.labels.length, this.#seriesMax, () => ({ value: 0 }));
    let refused = 0;
    try {
      this.#read((value, ...values) => {
        if (Number.isFinite(value)) table.find(values).value += value;
        else refused++;
      });
    } catch {
      return { ...numberSnapshot(this.#type, this.#head, table, 1), series: [] };
    }
    return numberSnapshot(this.#type, this.#head, table, refused);
  }
}
