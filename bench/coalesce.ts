// Claim: identical requests in flight share one upstream call, and every caller gets the whole answer.
// The upstream is the scripted model behind a socket, which counts what reaches it.

import { scriptedServer } from "../test/kit/scripted-server.ts";
import { startMillrace } from "./kit/peers.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { median, milliseconds, percentile, whole } from "./kit/statistics.ts";

const CALLERS = 100;

interface Caller {
  readonly text: string;
  readonly ended: boolean;
  readonly status: number;
  readonly outcome: string;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = scriptedServer({ pace: { firstTokenMs: 200, tokensPerSecond: 200, chunkTokens: 2 } });
  const millrace = await startMillrace(rig, upstream.url);
  const roundCount = report.quick ? 2 : 5;
  const rows: string[][] = [
    ["round", "upstream calls", "whole and alike", "first byte p50", "first byte p99", "total p50", "outcomes"],
  ];
  let calls = 0;
  let whole100 = 0;
  for (let round = 1; round <= roundCount; round++) {
    const before = upstream.requests.length;
    const body = JSON.stringify({
      model: "claude-bench",
      max_tokens: 1000,
      temperature: 0,
      stream: true,
      messages: [{ role: "user", content: `Round ${round}: [[words 200]]` }],
    });
    // Half of them come while the answer is already on its way.
    const callers = await Promise.all(
      Array.from({ length: CALLERS }, async (_, index) => {
        await Bun.sleep(index < CALLERS / 2 ? 0 : 10 * (index - CALLERS / 2));
        return ask(millrace.url, millrace.headers, body);
      }),
    );
    const made = upstream.requests.length - before;
    const good = callers.filter(({ status, ended, text }) => status === 200 && ended && text === callers[0]?.text && text !== "");
    const outcomes = Map.groupBy(callers, ({ outcome }) => outcome);
    calls = Math.max(calls, made);
    whole100 += good.length;
    const firstBytes = callers.map(({ firstByteMs }) => firstByteMs);
    rows.push([
      String(round),
      String(made),
      `${good.length} of ${CALLERS}`,
      milliseconds(median(firstBytes)),
      milliseconds(percentile(firstBytes, 0.99)),
      milliseconds(median(callers.map(({ totalMs }) => totalMs))),
      [...outcomes].map(([outcome, group]) => `${group.length} ${outcome}`).join(", "),
    ]);
  }
  report.table(rows);
  report.bar("exactly 1 upstream call", `at most ${calls} in a round`, calls === 1);
  report.bar(`all ${CALLERS} whole`, `${whole(whole100)} of ${whole(CALLERS * roundCount)}`, whole100 === CALLERS * roundCount);
  await upstream.close();
}

async function ask(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Caller> {
  const startedAt = performance.now();
  const answer = await fetch(url, { method: "POST", headers, body });
  let firstByteMs: number | undefined;
  const decoder = new TextDecoder();
  let events = "";
  for await (const chunk of answer.body ?? []) {
    firstByteMs ??= performance.now() - startedAt;
    events += decoder.decode(chunk, { stream: true });
  }
  const pieces = [...events.matchAll(/"type":"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, piece]) =>
    JSON.parse(piece ?? '""'),
  );
  return {
    text: pieces.join(""),
    ended: events.includes("event: message_stop"),
    status: answer.status,
    outcome: answer.headers.get("x-millrace-cache") ?? "no header",
    firstByteMs: firstByteMs ?? Number.POSITIVE_INFINITY,
    totalMs: performance.now() - startedAt,
  };
}

await benchmark({
  claim: `${CALLERS} identical deterministic streams: half at once, half joining one by one while the answer is on its way.`,
  needs: [],
  run,
});
