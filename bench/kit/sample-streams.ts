// A small client beside the load: keeps a few streams open at a time, looks at every frame of each, and counts those that
// are not whole. A program of its own, so that it runs on the load's core; prints one JSON object.

import { FRAME_MS, FRAMES } from "./model-server.ts";
import { percentile } from "./statistics.ts";

export interface SampleOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** NUMBER of wrk is exchanged here too. */
  readonly body: string;
  readonly placeholder: string;
  readonly streams: number;
  readonly seconds: number;
  /** Content frames of a whole stream. */
  readonly deltas: number;
}

export interface Sample {
  readonly whole: number;
  readonly broken: number;
  readonly gapP50Ms: number;
  readonly gapP99Ms: number;
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** Content frames a second of one stream. */
  readonly framesPerSecond: number;
}

const DELTA = "event: content_block_delta";
const END = "event: message_stop";

async function sample(order: SampleOrder): Promise<Sample> {
  const gaps: number[] = [];
  const firstBytes: number[] = [];
  const durations: number[] = [];
  const counts = { whole: 0, broken: 0, number: 5_000_000_000 };
  const until = performance.now() + order.seconds * 1000;

  async function oneStream(): Promise<void> {
    const startedAt = performance.now();
    const body = order.body.replace(order.placeholder, String(counts.number++));
    const answer = await fetch(order.url, { method: "POST", headers: order.headers, body });
    const decoder = new TextDecoder();
    let frames = 0;
    let rest = "";
    let lastAt: number | undefined;
    let ended = false;
    for await (const chunk of answer.body ?? []) {
      const now = performance.now();
      if (lastAt === undefined) firstBytes.push(now - startedAt);
      rest += decoder.decode(chunk, { stream: true });
      let from = 0;
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", from)) {
        if (rest.startsWith(DELTA, from)) {
          if (lastAt !== undefined) gaps.push(now - lastAt);
          lastAt = now;
          frames++;
        } else if (rest.startsWith(END, from)) ended = true;
        from = end + 2;
      }
      lastAt ??= now;
      rest = rest.slice(from);
    }
    durations.push(performance.now() - startedAt);
    if (frames === order.deltas && ended && answer.status === 200) counts.whole++;
    else counts.broken++;
  }

  const keepOne = async (index: number): Promise<void> => {
    await Bun.sleep(index * ((FRAMES * FRAME_MS) / order.streams));
    do await oneStream().catch(() => counts.broken++);
    while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: order.streams }, (_, index) => keepOne(index)));
  const streamSeconds = durations.reduce((sum, ms) => sum + ms, 0) / 1000;
  return {
    whole: counts.whole,
    broken: counts.broken,
    gapP50Ms: percentile(gaps, 0.5),
    gapP99Ms: percentile(gaps, 0.99),
    firstByteP50Ms: percentile(firstBytes, 0.5),
    firstByteP99Ms: percentile(firstBytes, 0.99),
    framesPerSecond: (counts.whole * order.deltas) / streamSeconds,
  };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await sample(JSON.parse(process.argv[2] ?? "{}") as SampleOrder)));
