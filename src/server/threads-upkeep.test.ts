import { expect, test } from "bun:test";
import { type Abortable, MillraceError, VirtualClock } from "../base/index.ts";
import { Monitor } from "../mechanisms/monitor/index.ts";
import { createLog } from "./log.ts";
import { startUpkeep, type UpkeepJob } from "./threads-upkeep.ts";

function upkeep(...jobs: UpkeepJob[]) {
  const clock = new VirtualClock(undefined, setImmediate);
  const monitor = new Monitor({ clock });
  let lines = "";
  const out = (text: string) => {
    lines += text;
  };
  const log = createLog({ clock, level: "info", format: "text", out });
  const stop = startUpkeep(jobs, { clock, monitor, log });
  const logged = () => {
    log.flush();
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^\S+ /, ""));
  };
  return { clock, monitor, stop, logged };
}

const job = (name: string, run: UpkeepJob["run"]): UpkeepJob => ({ name, everyMs: 1000, run });

test("each job runs at once and again so long after it ended, whatever another does", async () => {
  const slow = Promise.withResolvers<number>();
  let [quick, stuck] = [0, 0];
  const { clock, stop, logged } = upkeep(
    job("quick", async () => ++quick),
    job("stuck", () => {
      stuck++;
      return slow.promise;
    }),
  );
  await clock.advance(3500);
  expect([quick, stuck]).toEqual([4, 1]);
  slow.resolve(0);
  await clock.advance(1400);
  expect([quick, stuck]).toEqual([5, 2]);
  await stop();
  await clock.advance(5000);
  expect([quick, stuck]).toEqual([5, 2]);
  expect(logged().at(-1)).toBe('info thread-upkeep job="quick" count=5');
});

test("one that fails is counted, told by its code, and tried again", async () => {
  let runs = 0;
  const { clock, monitor, stop, logged } = upkeep(
    job("failing", () => {
      runs++;
      if (runs === 1) return Promise.reject(new MillraceError("store_unavailable", "words of a conversation"));
      return runs === 2 ? Promise.reject(new Error("words of a conversation")) : Promise.resolve(3);
    }),
  );
  await clock.advance(2500);
  await stop();
  expect(logged()).toEqual([
    'warn thread-upkeep-failed job="failing" code="store_unavailable"',
    'warn thread-upkeep-failed job="failing" code="internal"',
    'info thread-upkeep job="failing" count=3',
  ]);
  const counted = monitor
    .snapshot()
    .metrics.filter(({ name }) => name.startsWith("millrace_thread_upkeep"))
    .flatMap((metric) => (metric.type === "histogram" ? [] : metric.series.map(({ value }) => [metric.name, value])));
  expect(counted).toEqual([
    ["millrace_thread_upkeep_total", 3],
    ["millrace_thread_upkeep_failures_total", 2],
  ]);
});

test("stopping tells who runs, waits for it, and counts nothing", async () => {
  const signals: Abortable[] = [];
  const { stop, logged } = upkeep(
    job("long", (signal) => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }),
  );
  expect(signals[0]?.aborted).toBe(false);
  await stop();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(logged()).toEqual([]);
});
