// What the official SDKs do with a model server, done through a whole Millrace: each scenario must go as it goes against
// the model itself, and leave nothing open behind it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { type FaultUpstream, faultUpstream } from "../kit/fault-upstream.ts";
import { refuses } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";
import { sdkScenarios } from "../kit/sdk-scenarios.ts";

describe("over an upstream", () => {
  let upstream: ScriptedServer;
  let millrace: Millrace;
  beforeAll(async () => {
    upstream = scriptedServer();
    millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url, { credential: "passthrough" }) } });
  });
  afterAll(async () => {
    await millrace.stop();
    await upstream.close();
  });

  for (const { name, run } of sdkScenarios) test(name, () => run({ url: millrace.url, key: "key-of-a-test" }));

  test("no upstream answer stays open after its scenario", async () => {
    await Promise.all(upstream.requests.map((request) => request.ended));
    expect(upstream.counts.open).toBe(0);
    expect(upstream.counts.aborted).toBe(2);
  });
});

describe("over the built-in scripted model", () => {
  let millrace: Millrace;
  beforeAll(async () => {
    millrace = await startMillrace({
      config: { auth: { required: true }, scripted: { pace: { firstTokenMs: 0, tokensPerSecond: 0 } } },
    });
  });
  afterAll(() => millrace.stop());

  for (const { name, run } of sdkScenarios) {
    test(name, async () => run({ url: millrace.url, key: (await millrace.token({ user: "ada", team: "core" })).token }));
  }
});

describe("an SDK that tries again", () => {
  let upstream: FaultUpstream;
  let millrace: Millrace;
  beforeAll(async () => {
    upstream = await faultUpstream();
    millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
  });
  afterAll(async () => {
    await millrace.stop();
    await upstream.close();
  });
  // The SDKs wait for as long as this header says: a test need not.
  const atOnce = [["retry-after-ms", "1"]] as const;

  test("anthropic: after 429 and 529 it gets its stream", async () => {
    const before = upstream.requests.length;
    upstream.once(refuses(429, '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}', atOnce));
    upstream.once(refuses(529, '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}', atOnce));
    const client = new Anthropic({ baseURL: millrace.url, apiKey: "key", maxRetries: 2 });
    const message = await client.messages
      .stream({ model: "claude-x", max_tokens: 100, messages: [{ role: "user", content: "again" }] })
      .finalMessage();
    expect(message.stop_reason).toBe("end_turn");
    expect(upstream.requests.length - before).toBe(3);
  });

  test("openai: after 500 and 503 it gets its answer", async () => {
    const before = upstream.requests.length;
    upstream.once(refuses(500, '{"error":{"message":"oops","type":"server_error","param":null,"code":null}}', atOnce));
    upstream.once(refuses(503, '{"error":{"message":"busy","type":"server_error","param":null,"code":null}}', atOnce));
    const client = new OpenAI({ baseURL: `${millrace.url}/v1`, apiKey: "key", maxRetries: 2 });
    const completion = await client.chat.completions.create({ model: "gpt-x", messages: [{ role: "user", content: "again" }] });
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    expect(upstream.requests.length - before).toBe(3);
  });
});
