// Two servers over one PostgreSQL and one Redis: what passes one is recorded once, goes on at the other, and is followed live there.

import { afterAll, expect, test } from "bun:test";
import type { WireMessage, WireMessagePage, WireThread } from "../../src/wire/index.ts";
import { startRedis } from "../kit/engines.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { startPostgres } from "../kit/postgres-engine.ts";
import { scriptedServer } from "../kit/scripted-server.ts";
import { SseReader } from "../kit/sse-reader.ts";

const redis = await startRedis();
const postgres = await startPostgres();
afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
  if (postgres.kind === "ready") await postgres.engine.stop();
});

const ask = (millrace: Millrace, messages: readonly object[], signal?: AbortSignal) =>
  fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "claude-cli/2", "x-claude-code-session-id": "shared" },
    body: JSON.stringify({ model: "m", max_tokens: 5000, stream: true, messages }),
    ...(signal ? { signal } : {}),
  });

if (redis.kind === "missing" || postgres.kind === "missing") {
  const reason = [redis, postgres].flatMap((found) => (found.kind === "missing" ? [found.reason] : [])).join("; ");
  test.skip(`skipped: two servers show each other's turns (${reason})`, () => {});
} else {
  const config = { redisUrl: redis.engine.url, databaseUrl: postgres.engine.url };

  test("a turn that streams through one server is seen on the other, and the conversation goes on there", async () => {
    const model = scriptedServer();
    const [here, there] = (await Promise.all(
      [1, 2].map(() => startMillrace({ config: { upstreams: upstreamsAt(model.url), ...config } })),
    )) as [Millrace, Millrace];
    const leave = new AbortController();
    const question = { role: "user", content: "[[pace 20]] [[words 3000]]" };
    const answer = await ask(here, [question], leave.signal);
    const thread = answer.headers.get("x-millrace-thread") ?? "";
    const reading = answer.text().catch(() => {});
    let events: Response;
    do events = await fetch(`${there.url}/api/threads/${thread}/events`);
    while (events.status === 404);
    let shown = "";
    let kept: WireMessage | undefined;
    for await (const { data, comment } of new SseReader(events)) {
      if (comment !== undefined) continue;
      const event = JSON.parse(data) as { kind: string; from: number; text: string; message?: WireMessage };
      if (event.kind === "draft") shown = shown.slice(0, event.from) + event.text;
      if (shown.length > 60) leave.abort();
      kept = event.message?.role === "assistant" ? event.message : kept;
      if (kept) break;
    }
    await reading;
    expect(kept?.mark).toBe("aborted");
    const next = await ask(there, [
      question,
      { role: "assistant", content: kept?.content },
      { role: "user", content: "[[say On.]]" },
    ]);
    expect(next.headers.get("x-millrace-thread")).toBe(thread);
    await next.text();
    const read = async () => {
      const found = await fetch(`${here.url}/api/threads/${thread}/messages`);
      return ((await found.json()) as WireMessagePage).messages as WireMessage[];
    };
    while ((await read()).length < 4) await new Promise(setImmediate);
    expect((await read()).map(({ role, mark }) => [role, mark])).toEqual([
      ["user", undefined],
      ["assistant", "aborted"],
      ["user", undefined],
      ["assistant", undefined],
    ]);
    const { threads } = (await (await fetch(`${here.url}/api/threads`)).json()) as { threads: WireThread[] };
    expect(threads.map(({ id }) => id)).toEqual([thread]);
    await Promise.all([here.stop(), there.stop()]);
    await model.close();
  });
}
