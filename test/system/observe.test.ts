// What an operator sees of the calls, and what never shows: prompts, answers and credentials.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { text } from "../../src/base/index.ts";
import { type FaultUpstream, faultUpstream } from "../kit/fault-upstream.ts";
import { cutAfter, refuses, resetBeforeHeaders } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";

const PROMPT = "marigold-prompt-text";
const ANSWER = "heliotrope-answer-text";
const TOOL = "verbena-tool-argument";
const TOOL_CALL = { id: "toolu_1", type: "tool_use", name: "read", input: { path: TOOL } };
const HELD = "sk-held-amaranth";
const CALLER = "sk-caller-cyclamen";
const HEADER = "snapdragon-header-value";

let upstream: FaultUpstream;
let millrace: Millrace;
beforeAll(async () => {
  upstream = await faultUpstream();
  millrace = await startMillrace({
    config: {
      log: { level: "debug" },
      upstreams: [
        {
          name: "claude",
          dialect: "anthropic",
          baseUrl: upstream.url,
          credential: "env:HELD",
          headers: { "x-extra": "env:EXTRA" },
        },
        { name: "gpt", dialect: "openai", baseUrl: `${upstream.url}/v1`, credential: "passthrough" },
      ],
    },
    env: { HELD, EXTRA: HEADER },
  });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
  const init = {
    method: "POST",
    body,
    headers: { "content-type": "application/json", authorization: `Bearer ${CALLER}`, ...headers },
  };
  const answer = await fetch(millrace.url + path, init);
  return { status: answer.status, headers: answer.headers, body: await answer.text().catch(() => "cut") };
};
const content = `${PROMPT} [[say ${ANSWER}]]`;
const message = (more: object = {}) =>
  JSON.stringify({ model: "claude-x", max_tokens: 100, messages: [{ role: "user", content }], ...more });
const chat = (more: object = {}) => JSON.stringify({ model: "gpt-x", messages: [{ role: "user", content }], ...more });

describe("one line a call", () => {
  test("with ids, outcome, durations and tokens, and nothing that was said or keeps a secret", async () => {
    const done: string[] = [];
    const ask = async (path: string, body: string) => done.push((await post(path, body)).body);
    const tools = [
      { role: "assistant", content: [TOOL_CALL] },
      { role: "user", content },
    ];
    await ask("/v1/messages", message({ system: PROMPT, messages: tools }));
    await ask("/v1/messages", message({ stream: true }));
    await ask("/v1/chat/completions", chat({ stream: true, stream_options: { include_usage: true } }));
    await ask("/v1/responses", JSON.stringify({ model: "gpt-x", input: content, stream: true }));
    upstream.once(refuses(400, `{"error":{"message":"${PROMPT} is bad","code":"${PROMPT}"}}`));
    await ask("/v1/messages", message());
    upstream.once(resetBeforeHeaders);
    await ask("/v1/messages", message());
    upstream.once(cutAfter({ how: "reset", events: 3 }));
    await ask("/v1/messages", message({ stream: true }));
    await ask("/v1/messages", `{"model":"${PROMPT}`);
    await ask("/v1/messages", JSON.stringify({ model: 5, messages: PROMPT }));
    await ask("/v1/chat/completions", chat({ model: "m".repeat(300) }));
    expect(done[0]).toContain(ANSWER);
    const calls = await millrace.calls(10);
    expect(calls.map(({ outcome, status }) => [outcome, status])).toEqual([
      ["ok", 200],
      ["ok", 200],
      ["ok", 200],
      ["ok", 200],
      ["upstream_error", 400],
      ["upstream_failed", 502],
      ["upstream_failed", 200],
      ["refused", 400],
      ["refused", 400],
      ["refused", 400],
    ]);
    for (const line of calls) {
      expect(line).toMatchObject({
        level: "info",
        event: "call",
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        id: expect.any(String),
      });
      expect(line.totalMs).toBeNumber();
    }
    expect(calls[1]).toMatchObject({
      dialect: "anthropic",
      model: "claude-x",
      upstream: "claude",
      stream: true,
      cache: "bypass",
    });
    expect(calls[1]?.outputTokens).toBeGreaterThan(0);
    expect(calls[2]?.inputTokens).toBeGreaterThan(0);
    const log = millrace.logText();
    for (const secret of [PROMPT, ANSWER, TOOL, HELD, CALLER, HEADER]) {
      expect(log).not.toContain(secret);
      expect(log).not.toContain(JSON.stringify([...secret]).slice(1, -1));
      expect(log).not.toContain(btoa(secret));
    }
    expect(upstream.requests[0]?.headers.get("x-extra")).toBe(HEADER); // The secrets were really in play.
    expect(text(upstream.requests[0]?.body ?? new Uint8Array())).toContain(PROMPT);
  });

  test("the id in the line is the one the client got", async () => {
    const { headers } = await post("/v1/messages", '{"model":"claude-x","messages":[');
    const calls = await millrace.calls(11);
    expect(calls[10]?.id).toBe(headers.get("x-request-id"));
  });

  test("the first line says where the server listens", () => {
    expect(millrace.lines()[0]).toMatchObject({ event: "listening", url: millrace.url });
  });
});

describe("/metrics", () => {
  const SAMPLE = /^([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (NaN|[+-]?Inf|-?[0-9.e+-]+)$/i;

  test("is valid Prometheus text: every sample belongs to a declared family, buckets only grow", async () => {
    const answer = await fetch(`${millrace.url}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const page = await answer.text();
    expect(page).toEndWith("\n");
    const families = new Map<string, string>();
    const buckets = new Map<string, number>();
    for (const line of page.trimEnd().split("\n")) {
      const declared = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
      if (declared) families.set(declared[1] as string, declared[2] as string);
      if (line.startsWith("#")) continue;
      const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      expect([line, name === ""]).toEqual([line, false]);
      const family = families.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");
      expect([line, families.has(family)]).toEqual([line, true]);
      if (!name.endsWith("_bucket")) continue;
      const series = name + labels.replace(/,?le="[^"]*"/, "");
      expect(Number(value)).toBeGreaterThanOrEqual(buckets.get(series) ?? 0);
      buckets.set(series, Number(value));
    }
    for (const name of ["millrace_calls_total", "millrace_cache_outcomes_total", "millrace_time_to_first_byte_seconds"])
      expect(families.has(name)).toBe(true);
    for (const name of ["millrace_gateway_seconds", "millrace_open_calls", "millrace_event_loop_delay_seconds"])
      expect(families.has(name)).toBe(true);
    for (const secret of [PROMPT, ANSWER, TOOL, HELD, CALLER, HEADER]) expect(page).not.toContain(secret);
  });

  test("counts calls by dialect, model and outcome", async () => {
    const series = 'millrace_calls_total{dialect="anthropic",model="claude-counted",outcome="ok"}';
    const before = await millrace.metric(series);
    await post("/v1/messages", message({ model: "claude-counted" }));
    await post("/v1/messages", message({ model: "claude-counted", stream: true }));
    expect((await millrace.metric(series)) - before).toBe(2);
    expect(
      await millrace.metric('millrace_tokens_total{dialect="anthropic",model="claude-counted",kind="output"}'),
    ).toBeGreaterThan(0);
  });

  test("model names that callers invent do not grow it without bound", async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `claude-invented-${index}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((model) => post("/v1/messages", message({ model, max_tokens: 1 }))));
    }
    const page = await (await fetch(`${millrace.url}/metrics`)).text();
    expect(page.split("\n").length).toBeLessThan(12_000);
    expect(page).toContain('"other"');
  });

  test("is not there when it is switched off", async () => {
    const silent = await startMillrace({ config: { metrics: { enabled: false }, upstreams: upstreamsAt(upstream.url) } });
    expect((await fetch(`${silent.url}/metrics`)).status).toBe(404);
    await silent.stop();
  });
});

describe("sessions", () => {
  const session = async (headers: Record<string, string>, body = message()) =>
    (await post("/v1/messages", body, headers)).headers.get("x-millrace-session") ?? "none";

  test("each client's own header names one, in the order of the issue", async () => {
    const order = [
      "x-millrace-session",
      "x-claude-code-session-id",
      "thread-id",
      "session-id",
      "x-session-affinity",
      "x-session-id",
    ];
    const all = Object.fromEntries(order.map((name) => [name, `value of ${name}`]));
    for (const [index, name] of order.entries()) {
      const value = all[name] as string;
      const rest = Object.fromEntries(order.slice(index).map((lower) => [lower, all[lower] as string]));
      const found = await session({ [name]: value });
      expect([name, await session(rest)]).toEqual([name, found]);
      expect(found).toMatch(/^s_[0-9a-f]{48}$/);
      expect(found).not.toBe(await session({ [name]: `${value} of another` }));
    }
  });

  test("an agent of Claude Code has its own, the body's comes after the headers, the beginning of the talk last", async () => {
    const claude = { "x-claude-code-session-id": "one" };
    expect(await session({ ...claude, "x-claude-code-agent-id": "a" })).not.toBe(await session(claude));
    const named = message({ metadata: { user_id: '{"session_id":"from the body"}' } });
    expect(await session({}, named)).toBe(await session({ "x-session-id": "from the body" }));
    expect(await session(claude, named)).toBe(await session(claude));
    const first = await session({});
    const turn = { role: "assistant", content: "ok" };
    const more = [{ role: "user", content }, turn, { role: "user", content: "and now?" }];
    expect(await session({}, message({ messages: more }))).toBe(first);
    expect(await session({}, message({ messages: [{ role: "user", content: "something else" }] }))).not.toBe(first);
  });

  test("the id that came back names the session again; another caller's key makes it another", async () => {
    const own = await session({ "x-session-id": "shared" });
    expect(await session({ "x-millrace-session": own })).toBe(own);
    const other = { authorization: "Bearer sk-someone-else" };
    expect(await session({ ...other, "x-session-id": "shared" })).not.toBe(own);
    expect(await session({ ...other, "x-millrace-session": own })).not.toBe(own);
  });
});
