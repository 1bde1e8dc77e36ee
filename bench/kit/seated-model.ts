// A model server with a limited number of seats: each request holds one for a drawn time, a few more wait unseen, the next is
// answered 429. Who leaves frees the seat. Run: bun bench/kit/seated-model.ts PORT SEATS BACKLOG MEDIAN_MS

import { seededRandom } from "../../src/base/index.ts";

const [port, seats, backlog, medianMs] = process.argv.slice(2).map(Number) as [number, number, number, number];
/** Of the logarithm of the service time: some take a third of the median, some three times as long. */
const SPREAD = 0.5;
const random = seededRandom(1);
const ANSWER = JSON.stringify({
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-bench", stop_reason: "end_turn", stop_sequence: null },
  ...{ content: [{ type: "text", text: "hi" }], usage: { input_tokens: 10, output_tokens: 100 } },
});
const TOO_MUCH = JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "too much" } });
let busy = 0;
const line: (() => void)[] = [];

function serviceMs(): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return medianMs * Math.exp(SPREAD * normal);
}

Bun.serve({
  port,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    await request.bytes();
    if (busy >= seats && line.length >= backlog) {
      return new Response(TOO_MUCH, { status: 429, headers: { "content-type": "application/json" } });
    }
    if (busy < seats) busy++;
    else await new Promise<void>((resolve) => line.push(resolve));
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => leave(), { once: true });
    await Promise.race([left, Bun.sleep(serviceMs())]);
    const next = line.shift();
    if (next) next();
    else busy--;
    return new Response(ANSWER, { headers: { "content-type": "application/json" } });
  },
});
