// Claim: choosing among eight upstreams costs next to nothing, also for a long prompt without a session, whose beginning must be
// hashed message by message. A call's way through a gateway in process up to the moment when an upstream is asked, over one
// upstream (parsed once, nothing to choose) and over eight, in turns.

import { Cancellation, systemClock, systemRandom, uuidv7Source } from "../src/base/index.ts";
import { createGateway, fetchTransport, type Gateway } from "../src/gateway/index.ts";
import { conversationBody } from "./kit/bodies.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";

const UPSTREAMS = 8;
const BYTES = 500_000;
const MESSAGES = 200;
const CONVERSATIONS = 80;
const WARM_ROUNDS = 100;
const P99_MS_MAX = 1;
const NO_BODY = new Uint8Array(0);
const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

async function run(_rig: Rig, report: Report): Promise<void> {
  const one = gatewayOver(1);
  const eight = gatewayOver(UPSTREAMS);
  const ways = [
    { name: "one upstream: no decision", gateway: one, hasSession: false, times: [] as number[] },
    { name: `${UPSTREAMS} upstreams, no session: longest beginning`, gateway: eight, hasSession: false, times: [] as number[] },
    { name: `${UPSTREAMS} upstreams, a session of its own`, gateway: eight, hasSession: true, times: [] as number[] },
  ];
  // Made before anything is measured: what builds them would have the collector come into the measured calls.
  const bodies = Array.from({ length: CONVERSATIONS }, (_, at) =>
    new TextEncoder().encode(conversationBody(BYTES, MESSAGES, { text: `Conversation ${at}`, isSessionless: true })),
  );
  const rounds = (report.quick ? 500 : 3000) + WARM_ROUNDS;
  for (let round = 0; round < rounds; round++) {
    const conversation = round % CONVERSATIONS;
    const body = bodies[conversation] ?? NO_BODY;
    for (let turn = 0; turn < ways.length; turn++) {
      // Each goes first in a third of the rounds: who is first finds the caches cold.
      const way = ways[(round + turn) % ways.length];
      if (!way) continue;
      const took = await way.gateway.timed(body, way.hasSession ? `s${conversation}` : undefined);
      if (round >= WARM_ROUNDS) way.times.push(took);
    }
  }
  const p99 = (at: number) => percentile(ways[at]?.times ?? [], 0.99);
  const rows = ways.map(({ name, times }) => [name, milliseconds(percentile(times, 0.5)), milliseconds(percentile(times, 0.99))]);
  report.table([[`${whole(BYTES)} bytes, ${MESSAGES} messages`, "p50", "p99"], ...rows]);
  const added = Math.max(p99(1), p99(2)) - p99(0);
  report.bar(`decision adds at most ${P99_MS_MAX} ms to p99`, milliseconds(added), added <= P99_MS_MAX);
}

/** A gateway whose upstreams answer at once; its time runs from the call to the moment when an upstream is asked. */
function gatewayOver(count: number): { timed(body: Uint8Array, session: string | undefined): Promise<number> } {
  let askedAt = 0;
  const ask = fetchTransport(() => Promise.resolve(new Response("{}", { headers: { "content-type": "application/json" } })));
  const gateway: Gateway = createGateway({
    clock: systemClock,
    ids: uuidv7Source(systemClock, systemRandom),
    upstreams: Array.from({ length: count }, (_, at) => ({
      ...{
        name: `upstream-${at}`,
        dialect: "anthropic",
        baseUrl: "http://upstream.invalid",
        models: ["*"],
        aliases: {},
        headers: {},
      },
      credential: { kind: "none" },
      affinity: "session",
      transport: (request) => {
        askedAt = performance.now();
        return ask(request);
      },
    })),
    limits: {
      ...{ connectMs: MINUTE_MS, headersMs: MINUTE_MS, firstByteMs: MINUTE_MS, idleMs: MINUTE_MS, totalMs: MINUTE_MS },
      ...{ bodyBytesMax: MIB, answerBytesMax: MIB, keepAliveMs: MINUTE_MS, openAfterMs: MINUTE_MS, callsMax: 10 },
    },
    identify: { authenticate: () => ({ tenant: "bench", team: "bench", user: "bench", scopes: [], kind: "local" }) },
    recall: undefined,
    observe: () => {},
    report: () => {},
  });
  return {
    async timed(body, session) {
      const headers = new Headers({ "content-type": "application/json" });
      if (session !== undefined) headers.set("x-claude-code-session-id", session);
      const began = performance.now();
      const { status } = await gateway.handle(
        {
          ...{ method: "POST", path: "/v1/messages", query: "", headers, peer: "127.0.0.1" },
          readBody: () => Promise.resolve(body),
          signal: new Cancellation(),
        },
        "anthropic",
        "messages",
      );
      if (status !== 200) throw new Error(`The gateway answered ${status}.`);
      return askedAt - began;
    },
  };
}

await benchmark({
  claim: `A call for one of ${UPSTREAMS} upstreams: what choosing adds to the way from the call to the upstream.`,
  needs: [],
  run,
});
