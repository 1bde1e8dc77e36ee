// The register of what is measured: hands out counters, gauges and histograms, and shows all of them in one snapshot.
// Invariants: at most metricsMax metrics of at most seriesMax + 1 series each; a name is given once.
// It writes nothing anywhere and knows no exporter; what the numbers mean is their owner's business.

import { type Clock, MillraceError } from "../../base/index.ts";
import { Counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { HistogramMetric } from "./histogram-metric.ts";
import { checkHead, type MetricHead } from "./metric.ts";
import { Polled, type Read } from "./polled.ts";
import type { MetricSnapshot, MonitorSnapshot, SnapshotOptions } from "./snapshot.ts";

const METRICS_MAX = 500;
const SERIES_MAX = 1000;
/** From a millisecond to ten minutes, in seconds: gateways see both ends. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export interface MonitorOptions {
  clock: Clock;
  /** Default 500. */
  metricsMax?: number;
  /** Of each metric that does not name its own. Default 1,000. */
  seriesMax?: number;
}

export interface MetricDefinition<Names extends readonly string[]> {
  name: string;
  help: string;
  /** Label names; their values are given by position. Default: none. */
  labels?: Names;
  seriesMax?: number;
}

interface Registered {
  snapshot(options: SnapshotOptions): MetricSnapshot;
}

export class Monitor {
  readonly #clock: Clock;
  readonly #metricsMax: number;
  readonly #seriesMax: number;
  readonly #metrics = new Map<string, Registered>();

  constructor(options: MonitorOptions) {
    this.#clock = options.clock;
    this.#metricsMax = atLeastOne("metricsMax", options.metricsMax ?? METRICS_MAX);
    this.#seriesMax = atLeastOne("seriesMax", options.seriesMax ?? SERIES_MAX);
  }

  counter<const Names extends readonly string[] = []>(definition: MetricDefinition<Names>): Counter<Names> {
    return this.#register(definition, (head, seriesMax) => new Counter<Names>(head, seriesMax));
  }

  gauge<const Names extends readonly string[] = []>(definition: MetricDefinition<Names>): Gauge<Names> {
    return this.#register(definition, (head, seriesMax) => new Gauge<Names>(head, seriesMax));
  }

  /** @param definition `boundaries`: 1 to 64 ascending bucket ends for exporters; by default seconds, 0.001 to 600. */
  histogram<const Names extends readonly string[] = []>(
    definition: MetricDefinition<Names> & { boundaries?: readonly number[] },
  ): HistogramMetric<Names> {
    const { boundaries = SECONDS } = definition;
    return this.#register(definition, (head, seriesMax) => new HistogramMetric<Names>(head, seriesMax, boundaries));
  }

  /** A counter that `read` tells at each snapshot. */
  polledCounter<const Names extends readonly string[] = []>(definition: MetricDefinition<Names> & { read: Read<Names> }): void {
    this.#register(definition, (head, seriesMax) => new Polled<Names>("counter", head, seriesMax, definition.read));
  }

  /** A gauge that `read` tells at each snapshot. */
  polledGauge<const Names extends readonly string[] = []>(definition: MetricDefinition<Names> & { read: Read<Names> }): void {
    this.#register(definition, (head, seriesMax) => new Polled<Names>("gauge", head, seriesMax, definition.read));
  }

  /** Metrics in the order in which they were made, series in the order in which they first appeared. */
  snapshot(options: SnapshotOptions = {}): MonitorSnapshot {
    return { takenAtMs: this.#clock.now(), metrics: [...this.#metrics.values()].map((metric) => metric.snapshot(options)) };
  }

  #register<Metric extends Registered>(
    { name, help, labels = [], seriesMax = this.#seriesMax }: MetricDefinition<readonly string[]>,
    make: (head: MetricHead, seriesMax: number) => Metric,
  ): Metric {
    const head = { name, help, labels };
    checkHead(head);
    if (this.#metrics.has(name)) throw new MillraceError("option_invalid", `The metric ${name} exists already.`);
    if (this.#metrics.size >= this.#metricsMax) {
      throw new MillraceError(
        "option_invalid",
        `The monitor holds at most ${this.#metricsMax} metrics; ${name} is one too many.`,
      );
    }
    const metric = make(head, atLeastOne("seriesMax", seriesMax));
    this.#metrics.set(name, metric);
    return metric;
  }
}

function atLeastOne(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new MillraceError("option_invalid", `A monitor needs ${name}: a whole number of at least 1.`);
}
