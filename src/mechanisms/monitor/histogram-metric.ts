// A histogram per combination of label values, with the fixed boundaries that exporters show.

import { MillraceError } from "../../base/index.ts";
import { Histogram } from "./histogram.ts";
import type { LabelValues, MetricHead } from "./metric.ts";
import { SeriesTable } from "./series-table.ts";
import type { HistogramSeries, HistogramSnapshot, SnapshotOptions } from "./snapshot.ts";

const BOUNDARIES_MAX = 64;

export class HistogramMetric<Names extends readonly string[]> {
  readonly #head: MetricHead;
  readonly #boundaries: readonly number[];
  readonly #table: SeriesTable<Histogram>;
  #refused = 0;

  constructor(head: MetricHead, seriesMax: number, boundaries: readonly number[]) {
    const ascending = boundaries.every((boundary, index) => boundary > (boundaries[index - 1] ?? Number.NEGATIVE_INFINITY));
    if (boundaries.length === 0 || boundaries.length > BOUNDARIES_MAX || !ascending || !boundaries.every(Number.isFinite)) {
      throw new MillraceError("option_invalid", `The metric ${head.name} needs 1 to ${BOUNDARIES_MAX} ascending boundaries.`);
    }
    this.#head = head;
    this.#boundaries = boundaries;
    this.#table = new SeriesTable(head.labels.length, seriesMax, () => new Histogram());
  }

  observe(value: number, ...values: LabelValues<Names>): void {
    if (!this.#table.find(values).observe(value)) this.#refused++;
  }

  /** The histogram itself, to ask for quantiles or to keep. */
  series(...values: LabelValues<Names>): Histogram {
    return this.#table.find(values);
  }

  snapshot({ histogramData = false }: SnapshotOptions = {}): HistogramSnapshot {
    const { name, help, labels } = this.#head;
    const series = this.#table.all.map(({ values, series: histogram }): HistogramSeries => {
      const { count, sum } = histogram;
      const shown = { values: [...values], count, sum, cumulative: histogram.cumulative(this.#boundaries) };
      return histogramData ? { ...shown, histogram: histogram.data() } : shown;
    });
    return {
      type: "histogram",
      name,
      help,
      labels: [...labels],
      boundaries: [...this.#boundaries],
      series,
      overflowed: this.#table.overflowed,
      refused: this.#refused,
    };
  }
}
