// The door of the monitor.

export type { Counter } from "./counter.ts";
export { type EventLoopDelayOptions, sampleEventLoopDelay } from "./event-loop-delay.ts";
export type { Gauge } from "./gauge.ts";
export { Histogram, type HistogramData, RELATIVE_ERROR } from "./histogram.ts";
export type { HistogramMetric } from "./histogram-metric.ts";
export type { LabelValues } from "./metric.ts";
export { type MetricDefinition, Monitor, type MonitorOptions } from "./monitor.ts";
export type { Read } from "./polled.ts";
export type {
  HistogramSeries,
  HistogramSnapshot,
  MetricSnapshot,
  MonitorSnapshot,
  NumberSnapshot,
  SnapshotOptions,
} from "./snapshot.ts";
