// Claim: choosing among eight upstreams costs next to nothing, also for a long prompt without a session, whose beginning must be
// hashed message by message. From the parsed body to the upstream's name; parsing is measured beside it.

import { Cancellation, systemClock } from "../src/base/index.ts";
import { anthropic } from "../src/gateway/dialects/anthropic/anthropic.ts";
import type { Exchange } from "../src/gateway/exchange.ts";
import { route } from "../src/gateway/steps/route.ts";
import { Balancer } from "../src/mechanisms/balancer/index.ts";
import { conversationBody } from "./kit/bodies.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";

const UPSTREAMS = 8;
const BYTES = 500_000;
const MESSAGES = 200;
const P99_MS_MAX = 1;

async function run(_rig: Rig, report: Report): Promise<void> {
  const names = Array.from({ length: UPSTREAMS }, (_, at) => ({ name: `upstream-${at}` }));
  const over = () => new Balancer({ backends: names, clock: systemClock });
  let chosenAt = 0;
  const decide = route({ balancers: { anthropic: over(), openai: over() }, waitMs: () => 0 })((exchange) => {
    chosenAt = performance.now();
    exchange.report.upstreamStatus = 200;
    return Promise.resolve({ status: 200, headers: new Map(), body: new Uint8Array() } as never);
  });
  const rounds = report.quick ? 500 : 3000;
  const rows: string[][] = [];
  let worst = 0;
  for (const [name, headers] of [
    ["no session: longest beginning", {}],
    ["a session of its own", { "x-claude-code-session-id": "bench" }],
  ] as const) {
    const parsing: number[] = [];
    const deciding: number[] = [];
    for (let round = 0; round < rounds + 100; round++) {
      // Eighty conversations, which grow.
      const text = conversationBody(BYTES, MESSAGES, { text: `Conversation ${round % 80}` });
      const began = performance.now();
      const json = JSON.parse(text) as Record<string, unknown>;
      const parsed = performance.now();
      await decide(exchangeOf(json, text.length, headers, `s${round % 80}`, names));
      if (round < 100) continue;
      parsing.push(parsed - began);
      deciding.push(chosenAt - parsed);
    }
    worst = Math.max(worst, percentile(deciding, 0.99));
    rows.push([
      name,
      ...[deciding, parsing].flatMap((times) => [percentile(times, 0.5), percentile(times, 0.99)].map(milliseconds)),
    ]);
  }
  report.table([[`${whole(BYTES)} bytes, ${MESSAGES} messages`, "decision p50", "p99", "parsing p50", "p99"], ...rows]);
  report.bar(`decision p99 at most ${P99_MS_MAX} ms`, milliseconds(worst), worst <= P99_MS_MAX);
}

function exchangeOf(
  json: Record<string, unknown>,
  bytes: number,
  headers: HeadersInit,
  session: string,
  names: readonly { name: string }[],
): Exchange {
  const upstreams = names.map(({ name }) => ({ name, affinity: "session", credential: { kind: "none" } }));
  return {
    call: { headers: new Headers(headers), signal: new Cancellation() },
    dialect: anthropic,
    endpoint: "messages",
    identity: { tenant: "bench", team: "bench", user: "bench", scopes: [], kind: "token" },
    session,
    body: { byteLength: bytes },
    facts: { bodySession: undefined, json },
    target: { upstreamModel: "claude-bench", upstreams },
    demand: { priority: "normal", input: Math.ceil(bytes / 4), output: 500, kind: "bench" },
    report: { outcome: "ok", sentAt: 1, attempts: 0 },
  } as unknown as Exchange;
}

await benchmark({
  claim: `A call for one of ${UPSTREAMS} upstreams: from its parsed body to the name of the upstream.`,
  needs: [],
  run,
});
