// The monitor's register: what is counted shows, series and metrics are bounded, mistakes are refused without harm.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../base/index.ts";
import { Histogram } from "./histogram.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";
import type { NumberSnapshot } from "./snapshot.ts";

const newMonitor = (options: Partial<MonitorOptions> = {}) => new Monitor({ clock: new VirtualClock(5000), ...options });
const only = (monitor: Monitor) => monitor.snapshot().metrics[0] as NumberSnapshot;

describe("counters and gauges", () => {
  test("keep one number for each combination of label values", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.string(), fc.string()), { maxLength: 200 }), (calls) => {
        const monitor = newMonitor();
        const counter = monitor.counter({ name: "calls", help: "", labels: ["left", "right"] });
        const expected = new Map<string, number>();
        for (const [amount, left, right] of calls) {
          counter.add(amount, left, right);
          const key = JSON.stringify([left, right]);
          expected.set(key, (expected.get(key) ?? 0) + amount);
        }
        const shown = only(monitor).series.map(({ values, value }) => [JSON.stringify(values), value] as const);
        expect(new Map(shown)).toEqual(expected);
        expect(shown.length).toBe(expected.size);
      }),
    );
  });

  test("without labels they show from the start, and a gauge goes both ways", () => {
    const monitor = newMonitor();
    monitor.counter({ name: "calls_total", help: "Calls." });
    const gauge = monitor.gauge({ name: "open", help: "Open." });
    gauge.set(10);
    gauge.add(-3);
    expect(monitor.snapshot()).toEqual({
      takenAtMs: 5000,
      metrics: [
        {
          type: "counter",
          name: "calls_total",
          help: "Calls.",
          labels: [],
          series: [{ values: [], value: 0 }],
          overflowed: 0,
          refused: 0,
        },
        { type: "gauge", name: "open", help: "Open.", labels: [], series: [{ values: [], value: 7 }], overflowed: 0, refused: 0 },
      ],
    });
  });

  test("numbers that make no sense are left out and counted as refused", () => {
    const monitor = newMonitor();
    const counter = monitor.counter({ name: "calls", help: "" });
    const gauge = monitor.gauge({ name: "open", help: "" });
    const histogram = monitor.histogram({ name: "seconds", help: "" });
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      counter.add(wrong);
      gauge.set(wrong);
      gauge.add(wrong);
      histogram.observe(wrong);
    }
    counter.add(-1);
    histogram.observe(-1);
    expect(monitor.snapshot().metrics.map(({ refused }) => refused)).toEqual([3, 4, 3]);
    expect(monitor.snapshot().metrics.map(({ series }) => series[0])).toMatchObject([{ value: 0 }, { value: 0 }, { count: 0 }]);
  });

  test("a snapshot does not change afterwards", () => {
    const monitor = newMonitor();
    const counter = monitor.counter({ name: "calls", help: "", labels: ["model"] });
    counter.add(1, "a");
    const snapshot = monitor.snapshot();
    const before = structuredClone(snapshot);
    counter.add(1, "a");
    counter.add(1, "b");
    expect(snapshot).toEqual(before);
  });
});

describe("series are bounded", () => {
  test("what comes after seriesMax goes to one series of others, and nothing is lost", () => {
    const monitor = newMonitor({ seriesMax: 3 });
    const counter = monitor.counter({ name: "calls", help: "", labels: ["team", "model"] });
    for (let round = 0; round < 10; round++) for (let model = 0; model < 10; model++) counter.add(1, "t", `m${model}`);
    const { series, overflowed } = only(monitor);
    expect(series).toEqual([
      { values: ["t", "m0"], value: 10 },
      { values: ["t", "m1"], value: 10 },
      { values: ["t", "m2"], value: 10 },
      { values: ["other", "other"], value: 70 },
    ]);
    expect(overflowed).toBe(70);
  });

  test("a caller's own value other is the same series", () => {
    const monitor = newMonitor({ seriesMax: 1 });
    const counter = monitor.counter({ name: "calls", help: "", labels: ["model"] });
    for (const model of ["other", "a", "b"]) counter.add(1, model);
    expect(only(monitor).series).toEqual([{ values: ["other"], value: 3 }]);
  });

  test("a value too long to keep goes to the others, also while there is room", () => {
    const monitor = newMonitor();
    const histogram = monitor.histogram({ name: "seconds", help: "", labels: ["model"] });
    for (const length of [128, 129, 1_000_000]) histogram.observe(1, "x".repeat(length));
    const shown = monitor.snapshot().metrics[0]?.series ?? [];
    expect(shown).toMatchObject([{ values: ["x".repeat(128)] }, { values: ["other"], count: 2 }]);
  });

  test("by default there are a thousand", () => {
    const monitor = newMonitor();
    const gauge = monitor.gauge({ name: "open", help: "", labels: ["model"] });
    for (let model = 0; model < 2000; model++) gauge.set(1, `m${model}`);
    expect(only(monitor).series.length).toBe(1001);
  });
});

describe("histograms", () => {
  test("show counts at the boundaries; their data gives quantiles, and only where it was asked for", () => {
    const monitor = newMonitor();
    const seconds = monitor.histogram({ name: "wait_seconds", help: "", labels: ["model"], boundaries: [1, 10] });
    for (const value of [0.5, 5, 50]) seconds.observe(value, "a");
    const [shown] = monitor.snapshot().metrics[0]?.series ?? [];
    expect(shown).toEqual({ values: ["a"], count: 3, sum: 55.5, cumulative: [1, 2] });
    const [metric] = monitor.snapshot({ histogramData: true }).metrics;
    const data = metric?.type === "histogram" ? metric.series[0]?.histogram : undefined;
    expect(data && Histogram.from(data).quantile(1)).toBe(50);
    expect(seconds.series("a").quantile(0)).toBe(0.5);
  });

  test.each([
    [[]],
    [[1, 1]],
    [[2, 1]],
    [[Number.NaN]],
    [[1, Number.POSITIVE_INFINITY]],
    [Array.from({ length: 65 }, (_, i) => i)],
  ])("boundaries %j are refused", (boundaries: number[]) => {
    expect(() => newMonitor().histogram({ name: "seconds", help: "", boundaries })).toThrow("boundaries");
  });
});

describe("polled metrics", () => {
  test("are asked at each snapshot, and bounded like others", () => {
    const monitor = newMonitor({ seriesMax: 2 });
    let reads = 0;
    monitor.polledCounter({
      name: "hits_total",
      help: "",
      labels: ["tier"],
      read: (set) => {
        reads++;
        for (const tier of ["a", "b", "c", "d"]) set(reads, tier);
      },
    });
    expect(reads).toBe(0);
    monitor.snapshot();
    const series = [["a"], ["b"]].map((values) => ({ values, value: 2 }));
    expect(only(monitor)).toMatchObject({ type: "counter", series: [...series, { values: ["other"], value: 4 }], overflowed: 2 });
  });

  test("one that throws shows nothing, and the others show all the same", () => {
    const monitor = newMonitor();
    monitor.polledGauge({
      name: "broken",
      help: "",
      read: (set) => {
        set(1);
        throw new Error("no");
      },
    });
    monitor.polledGauge({ name: "held", help: "", read: (set) => set(Number.NaN) });
    monitor.polledGauge({ name: "open", help: "", read: (set) => set(4) });
    expect(monitor.snapshot().metrics).toMatchObject([
      { name: "broken", series: [], refused: 1 },
      { name: "held", refused: 1 },
      { name: "open", series: [{ values: [], value: 4 }], refused: 0 },
    ]);
  });
});

describe("what a monitor refuses", () => {
  test.each(["", "1st", "with space", "naïve", "a".repeat(129)])("the name %j", (name) => {
    expect(() => newMonitor().counter({ name, help: "" })).toThrow("cannot name a metric");
  });

  test.each([[["le"]], [["quantile"]], [["__name"]], [["a", "a"]], [["a-b"]], [[""]], [[..."abcdefghi"]]])(
    "the labels %j",
    (labels) => {
      expect(() => newMonitor().counter({ name: "calls", help: "", labels })).toThrow("label names");
    },
  );

  test("a second metric of the same name, one too many, limits that are none, and missing label values", () => {
    const monitor = newMonitor({ metricsMax: 2 });
    const counter = monitor.counter({ name: "calls", help: "", labels: ["model"] });
    expect(() => monitor.gauge({ name: "calls", help: "" })).toThrow("exists already");
    monitor.gauge({ name: "open", help: "" });
    expect(() => monitor.gauge({ name: "more", help: "" })).toThrow("at most 2 metrics");
    for (const limit of [0, 1.5, Number.POSITIVE_INFINITY]) {
      for (const options of [{ metricsMax: limit }, { seriesMax: limit }])
        expect(() => newMonitor(options)).toThrow("whole number");
    }
    const untyped = counter as unknown as { add(amount: number, ...values: string[]): void };
    for (const values of [[], ["a", "b"]]) expect(() => untyped.add(1, ...values)).toThrow("label values");
  });
});
