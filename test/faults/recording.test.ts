// Recording when things break: the server is killed while an answer streams, and the store of threads is away.

import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/base/index.ts";
import type { WireMessage, WireMessagePage } from "../../src/wire/index.ts";
import { type FaultUpstream, faultUpstream, head } from "../kit/fault-upstream.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { startMillraceProcess } from "../kit/millrace-process.ts";
import { scriptedServer } from "../kit/scripted-server.ts";
import { refusingAddress } from "../kit/unreachable.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const ask = (url: string, content: string, stream = false) =>
  fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-claude-code-session-id": "session" },
    body: JSON.stringify({ model: "m", max_tokens: 100, stream, messages: [{ role: "user", content }] }),
  });

const pageOf = async (url: string, thread: string) =>
  (await (await fetch(`${url}/api/threads/${thread}/messages`)).json()) as WireMessagePage;

/** Sends all events but the last ones, and then nothing. */
function stallsBeforeTheEnd(upstream: FaultUpstream): void {
  upstream.behave({
    stage: "request",
    async act(wire, { status, headers, pieces }) {
      await wire.write(head(status, [...headers, ["connection", "close"]]));
      for (const piece of pieces.slice(0, -4)) await wire.write(piece);
    },
  });
}

test("a server that is killed while an answer streams loses nothing of it that was shown", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-killed-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = await faultUpstream();
  ends.push(() => upstream.close());
  const config = { upstreams: upstreamsAt(upstream.url), dataDir: folder };
  const killed = await startMillraceProcess(config);
  ends.push(() => killed.dispose());
  stallsBeforeTheEnd(upstream);
  const answer = await ask(killed.url, "[[say It was the night before the release and all through the house.]]", true);
  const thread = answer.headers.get("x-millrace-thread") ?? "";
  const reading = answer.text().catch(() => "");
  let shown = "";
  while (shown === "") shown = (await pageOf(killed.url, thread)).drafts?.[0]?.text ?? "";
  await killed.dispose();
  await reading;
  // So much later that no upstream could still be answering.
  const clock = new JumpingClock(systemClock.now() + 600_000);
  const next = await startMillrace({ config: { upstreams: config.upstreams }, dataDir: folder, clock });
  ends.push(() => next.stop());
  while ((await next.metric('millrace_thread_upkeep_total{job="recovery"}')) === 0) await new Promise(setImmediate);
  const { messages, drafts } = await pageOf(next.url, thread);
  expect(drafts).toEqual([]);
  const [question, kept] = messages as WireMessage[];
  expect(question?.role).toBe("user");
  expect(kept?.mark).toBe("aborted");
  const [block] = (kept?.content ?? []) as { text: string }[];
  expect(block?.text.startsWith(shown)).toBe(true);
  expect("It was the night before the release and all through the house.".startsWith(block?.text ?? "?")).toBe(true);
});

test.each(["drop", "refuse"] as const)("while the store is away turns %s, and are counted", async (whenAway) => {
  const model = scriptedServer();
  ends.push(() => model.close());
  const nobody = refusingAddress();
  ends.push(() => nobody.close());
  const databaseUrl = `postgres://u:p@127.0.0.1:${nobody.port}/none`;
  const config = { upstreams: upstreamsAt(model.url), databaseUrl, threads: { whenAway } };
  const millrace = await startMillrace({ config });
  ends.push(() => millrace.stop());
  const counted = () => millrace.metric(`millrace_recorded_turns_total{result="dropped"}`);
  // That the store is away is known once a turn could not be recorded.
  expect((await ask(millrace.url, "[[say One.]]")).status).toBe(200);
  while ((await counted()) === 0) await new Promise(setImmediate);
  const second = await ask(millrace.url, "[[say Two.]]");
  const body = (await second.json()) as { error?: { type: string } };
  if (whenAway === "drop") {
    expect(second.status).toBe(200);
    return;
  }
  expect([second.status, body.error?.type]).toEqual([503, "overloaded_error"]);
  expect(second.headers.get("retry-after")).toBe("5");
  expect(await millrace.metric(`millrace_recorded_turns_total{result="refused"}`)).toBe(1);
  expect(model.requests).toHaveLength(1);
});
