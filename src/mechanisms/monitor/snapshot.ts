// What a monitor knows at one moment, as plain data that JSON keeps whole: for exporters, and to be merged elsewhere.

import type { HistogramData } from "./histogram.ts";
import type { MetricHead, Tally } from "./metric.ts";
import type { SeriesTable } from "./series-table.ts";

interface MetricData {
  name: string;
  help: string;
  labels: string[];
  /** How often the series "other" took a value for want of room. */
  overflowed: number;
  /** How many values were left out because they made no sense. */
  refused: number;
}

export interface NumberSnapshot extends MetricData {
  type: "counter" | "gauge";
  series: { values: string[]; value: number }[];
}

export interface HistogramSnapshot extends MetricData {
  type: "histogram";
  /** Upper ends of the exported buckets, ascending, without infinity. */
  boundaries: number[];
  series: HistogramSeries[];
}

export interface HistogramSeries {
  values: string[];
  count: number;
  sum: number;
  /** For each boundary, how many values are at most as large. */
  cumulative: number[];
  /** The whole histogram, for quantiles and merging; only where it was asked for, because copying many takes long. */
  histogram?: HistogramData;
}

export interface SnapshotOptions {
  /** Default false. */
  histogramData?: boolean;
}

export type MetricSnapshot = NumberSnapshot | HistogramSnapshot;

export interface MonitorSnapshot {
  /** Milliseconds since the Unix epoch. */
  takenAtMs: number;
  metrics: MetricSnapshot[];
}

export function numberSnapshot(
  type: "counter" | "gauge",
  { name, help, labels }: MetricHead,
  table: SeriesTable<Tally>,
  refused: number,
): NumberSnapshot {
  const series = table.all.map(({ values, series: { value } }) => ({ values: [...values], value }));
  return { type, name, help, labels: [...labels], series, overflowed: table.overflowed, refused };
}
