// A load that does not wait for answers: requests come at a rate of their own (Poisson), each is worth something only within
// its time, and a caller whose time is over leaves. A program of its own; prints one JSON object.

import { seededRandom } from "../../src/base/index.ts";
import { percentile } from "./statistics.ts";

export interface OpenLoadOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests a second, before and from the moment when counting begins. */
  readonly warmRate: number;
  readonly rate: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly deadlineMs: number;
}

export interface OpenLoadResult {
  /** A second. */
  readonly goodput: number;
  readonly asked: number;
  readonly good: number;
  readonly refused: number;
  /** Left when their time was over. */
  readonly late: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refusalP50Ms: number;
  /** Of the refusals with a status of 429 or 503: the model's own, passed on; and of the others those with a whole `retry-after` of 1 to 60. */
  readonly passedOn: number;
  readonly honest: number;
}

async function load(order: OpenLoadOrder): Promise<OpenLoadResult> {
  const random = seededRandom(7);
  const counts = { asked: 0, good: 0, refused: 0, late: 0, failed: 0, passedOn: 0, honest: 0 };
  const times: number[] = [];
  const refusals: number[] = [];
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  const countsFrom = began + order.warmSeconds * 1000;
  const until = countsFrom + order.seconds * 1000;
  let number = 0;

  async function one(): Promise<void> {
    const at = performance.now();
    const counted = at >= countsFrom;
    if (counted) counts.asked++;
    const body = JSON.stringify({
      model: "claude-bench",
      max_tokens: 100,
      messages: [{ role: "user", content: `request ${number++}` }],
    });
    try {
      const signal = AbortSignal.timeout(order.deadlineMs);
      const headers = { "content-type": "application/json", ...order.headers };
      const answer = await fetch(order.url, { method: "POST", headers, body, signal });
      await answer.bytes();
      const tookMs = performance.now() - at;
      if (!counted) return;
      if (answer.status === 200) {
        counts.good++;
        times.push(tookMs);
      } else if (answer.status === 429 || answer.status === 503) {
        counts.refused++;
        refusals.push(tookMs);
        if (answer.headers.has("x-millrace-upstream")) counts.passedOn++;
        else if (/^([1-9]|[1-5]\d|60)$/.test(answer.headers.get("retry-after") ?? "")) counts.honest++;
      } else counts.failed++;
    } catch (error) {
      if (!counted) return;
      if ((error as Error).name === "TimeoutError") counts.late++;
      else counts.failed++;
    }
  }

  let due = began;
  while (due < until) {
    due += (-Math.log(1 - random.next()) * 1000) / (due < countsFrom ? order.warmRate : order.rate);
    const waitMs = due - performance.now();
    if (waitMs > 1) await Bun.sleep(waitMs);
    const call = one();
    underWay.add(call);
    void call.finally(() => underWay.delete(call));
  }
  await Promise.all(underWay);
  const p50Ms = percentile(times, 0.5);
  return {
    ...counts,
    goodput: counts.good / order.seconds,
    p50Ms,
    p99Ms: percentile(times, 0.99),
    refusalP50Ms: percentile(refusals, 0.5),
  };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await load(JSON.parse(process.argv[2] ?? "") as OpenLoadOrder)));
