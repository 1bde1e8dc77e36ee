// A monitor's snapshot in the Prometheus text format 0.0.4 ("Exposition formats" of the Prometheus documentation).
// Pure: reads no time and writes nothing. Two families of its own tell where the monitor itself fell short.

import type { HistogramSnapshot, MetricSnapshot, MonitorSnapshot, NumberSnapshot } from "../mechanisms/monitor/index.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Families in the snapshot's order; a histogram as `_bucket` with `le`, `_sum` and `_count`. Ends with a line feed. */
export function metricsText({ metrics }: MonitorSnapshot): string {
  const families = [
    ...metrics,
    shortfall(
      metrics,
      "overflowed",
      "Values counted under the label value other, because the metric had no room for more series.",
    ),
    shortfall(metrics, "refused", "Values left out because they were not finite, were negative, or could not be read."),
  ];
  return families.map((metric) => head(metric) + (metric.type === "histogram" ? buckets(metric) : numbers(metric))).join("");
}

function shortfall(metrics: readonly MetricSnapshot[], what: "overflowed" | "refused", help: string): NumberSnapshot {
  const series = metrics.filter((metric) => metric[what] > 0).map((metric) => ({ values: [metric.name], value: metric[what] }));
  const name = `millrace_metric_values_${what}_total`;
  return { type: "counter", name, help, labels: ["metric"], series, overflowed: 0, refused: 0 };
}

function head({ name, help, type }: MetricSnapshot): string {
  const escaped = help.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

function numbers({ name, labels, series }: NumberSnapshot): string {
  return series.map(({ values, value }) => line(name, pairs(labels, values), value)).join("");
}

function buckets({ name, labels, boundaries, series }: HistogramSnapshot): string {
  const ends = [...boundaries.map(number), "+Inf"];
  return series
    .map(({ values, cumulative, count, sum }) => {
      const own = pairs(labels, values);
      const lines = ends.map((end, index) => line(`${name}_bucket`, [...own, `le="${end}"`], cumulative[index] ?? count));
      return lines.join("") + line(`${name}_sum`, own, sum) + line(`${name}_count`, own, count);
    })
    .join("");
}

function line(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length > 0 ? `{${labels.join(",")}}` : ""} ${number(value)}\n`;
}

function pairs(names: readonly string[], values: readonly string[]): string[] {
  return names.map((name, index) => `${name}="${escapeValue(values[index] ?? "")}"`);
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
