// The Prometheus text, against the format's own grammar: what a strict reader gets back is what the monitor counted.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../base/index.ts";
import { Monitor } from "../mechanisms/monitor/index.ts";
import { metricsText } from "./metrics-text.ts";

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

interface Family {
  help: string;
  type: string;
  samples: Sample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/gsy;

/** Reads the format as strictly as it is written down: anything else throws. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  expect(text).toEndWith("\n");
  let family: Family | undefined;
  for (const row of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(row) ?? [];
    if (keyword === "HELP") {
      expect(families.has(name)).toBe(false);
      family = { help: unescaped(rest), type: "", samples: [] };
      families.set(name, family);
    } else if (keyword === "TYPE") {
      expect(families.get(name)).toBe(family);
      if (family) family.type = rest;
    } else family?.samples.push(parseSample(row));
  }
  return families;
}

function parseSample(row: string): Sample {
  const [whole, name = "", list = "", value = ""] = SAMPLE.exec(row) ?? [];
  if (whole === undefined) throw new Error(`not a sample: ${JSON.stringify(row)}`);
  const labels: Record<string, string> = {};
  let read = 0;
  for (const [pair, label = "", text = ""] of list.matchAll(LABEL)) {
    labels[label] = unescaped(text);
    read += pair.length;
  }
  if (read !== list.length) throw new Error(`not a label list: ${JSON.stringify(list)}`);
  const parsed = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  if (Number.isNaN(parsed)) throw new Error(`not a number: ${value}`);
  return { name, labels, value: parsed };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => (character === "n" ? "\n" : character));
}

const newMonitor = () => new Monitor({ clock: new VirtualClock(), seriesMax: 50 });

describe("the text", () => {
  test("is exactly this for one of each kind", () => {
    const monitor = newMonitor();
    monitor.counter({ name: "calls_total", help: "Calls.", labels: ["model", "outcome"] }).add(3, "claude", "ok");
    monitor.gauge({ name: "streams_open", help: "Open\nstreams \\ now." }).set(-1.5);
    const seconds = monitor.histogram({ name: "wait_seconds", help: "Wait.", labels: ["model"], boundaries: [0.5, 1, 10] });
    for (const value of [0, 0.25, 0.75, 4, 400]) seconds.observe(value, "claude");
    monitor.polledGauge({ name: "bytes", help: "Held.", read: (set) => set(2 ** 40) });
    expect(metricsText(monitor.snapshot())).toBe(
      [
        "# HELP calls_total Calls.",
        "# TYPE calls_total counter",
        'calls_total{model="claude",outcome="ok"} 3',
        "# HELP streams_open Open\\nstreams \\\\ now.",
        "# TYPE streams_open gauge",
        "streams_open -1.5",
        "# HELP wait_seconds Wait.",
        "# TYPE wait_seconds histogram",
        'wait_seconds_bucket{model="claude",le="0.5"} 2',
        'wait_seconds_bucket{model="claude",le="1"} 3',
        'wait_seconds_bucket{model="claude",le="10"} 4',
        'wait_seconds_bucket{model="claude",le="+Inf"} 5',
        'wait_seconds_sum{model="claude"} 405',
        'wait_seconds_count{model="claude"} 5',
        "# HELP bytes Held.",
        "# TYPE bytes gauge",
        "bytes 1099511627776",
        "# HELP millrace_metric_values_overflowed_total " +
          "Values counted under the label value other, because the metric had no room for more series.",
        "# TYPE millrace_metric_values_overflowed_total counter",
        "# HELP millrace_metric_values_refused_total " +
          "Values left out because they were not finite, were negative, or could not be read.",
        "# TYPE millrace_metric_values_refused_total counter",
        "",
      ].join("\n"),
    );
  });

  test("a strict reader gets back any label values, help and counts", () => {
    const awkward = fc.constantFrom('"', "\\", "\n", "n", "{", "}", ",", "=", " ", "\r", "#");
    const value = fc.string({ unit: fc.oneof(awkward, fc.string({ unit: "binary", maxLength: 1 })), maxLength: 20 });
    const calls = fc.array(fc.tuple(value, value, fc.nat()), { maxLength: 30 });
    fc.assert(
      fc.property(value, calls, (help, added) => {
        const monitor = newMonitor();
        const counter = monitor.counter({ name: "calls_total", help: help, labels: ["left", "right"] });
        const expected = new Map<string, number>();
        for (const [left, right, amount] of added) {
          counter.add(amount, left, right);
          const key = JSON.stringify([left, right]);
          expected.set(key, (expected.get(key) ?? 0) + amount);
        }
        const family = parse(metricsText(monitor.snapshot())).get("calls_total");
        expect(family?.help).toBe(help);
        const read = family?.samples.map(({ labels, value }) => [JSON.stringify([labels.left, labels.right]), value] as const);
        expect(new Map(read)).toEqual(expected);
        expect(read?.length).toBe(expected.size);
      }),
    );
  });

  test("a histogram's buckets ascend and close with the count, for any values", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (values) => {
        const monitor = newMonitor();
        const histogram = monitor.histogram({ name: "wait_seconds", help: "Wait." });
        for (const value of values) histogram.observe(value);
        const samples = parse(metricsText(monitor.snapshot())).get("wait_seconds")?.samples ?? [];
        const bucketed = samples.filter(({ name }) => name === "wait_seconds_bucket");
        const ends = bucketed.map(({ labels }) => (labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le)));
        expect(ends).toEqual(ends.toSorted((left, right) => left - right));
        const counts = bucketed.map(({ value }) => value);
        expect(counts).toEqual(counts.toSorted((left, right) => left - right));
        expect(counts.at(-1)).toBe(values.length);
        expect(samples.find(({ name }) => name === "wait_seconds_count")?.value).toBe(values.length);
        expect(samples.find(({ name }) => name === "wait_seconds_sum")?.value).toBe(
          values.reduce((sum, value) => sum + value, 0),
        );
      }),
    );
  });

  test("unpaired surrogates make one series, not two that are written alike", () => {
    const monitor = newMonitor();
    const counter = monitor.counter({ name: "calls_total", help: "Calls.", labels: ["model"] });
    for (const value of ["\ud83d", "\ude00", "\ufffd", "\ud83d"]) counter.add(1, value);
    expect(parse(metricsText(monitor.snapshot())).get("calls_total")?.samples).toEqual([
      { name: "calls_total", labels: { model: "\ufffd" }, value: 4 },
    ]);
  });

  test("tells which metrics fell short", () => {
    const monitor = newMonitor();
    const counter = monitor.counter({ name: "calls_total", help: "Calls.", labels: ["model"], seriesMax: 1 });
    for (const model of ["a", "b", "c"]) counter.add(1, model);
    counter.add(Number.NaN, "a");
    const families = parse(metricsText(monitor.snapshot()));
    expect(families.get("millrace_metric_values_overflowed_total")?.samples[0]).toMatchObject({
      labels: { metric: "calls_total" },
      value: 2,
    });
    expect(families.get("millrace_metric_values_refused_total")?.samples[0]).toMatchObject({
      labels: { metric: "calls_total" },
      value: 1,
    });
  });
});
