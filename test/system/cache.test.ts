// Answers from cache, seen from outside: what repeats is answered again without its upstream, in either wire form, under
// an id of its own, and only where it may be.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Asked, forms } from "../kit/asked.ts";
import { faultUpstream } from "../kit/fault-upstream.ts";
import { refuses } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

let upstream: ScriptedServer;
let millrace: Millrace;
beforeAll(async () => {
  upstream = scriptedServer();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const KEY = "sk-of-a-test";
const outcome = ({ headers }: Asked) => headers.get("x-millrace-cache");
const CONTENT = '[[think About it.]] [[tool read_file {"path":"a.ts"}]] [[also read_file {"path":"é.ts"}]]';
const PAIRS = [
  [false, false],
  [true, true],
  [true, false],
  [false, true],
] as const;

describe.each(forms)("%s", (form, ask) => {
  test.each(PAIRS)("streamed %p, then %p: the second says the same, without the upstream", async (first, second) => {
    // Thinking and temperature 0 exclude each other in the real API; the text makes each case a question of its own.
    const content = `${CONTENT} ${form} ${first} ${second}`;
    const before = upstream.requests.length;
    const miss = await ask(millrace.url, KEY, { content, stream: first });
    const hit = await ask(millrace.url, KEY, { content, stream: second });
    expect([outcome(miss), outcome(hit), upstream.requests.length - before]).toEqual(["miss", "hit", 1]);
    expect(hit.said).toEqual(miss.said);
    expect(JSON.stringify(hit.said)).toContain("é.ts");
    expect(hit.id).not.toBe(miss.id);
    expect(hit.id.length).toBe(miss.id.length);
    expect(hit.id.replace(/[_-].*/s, "")).toBe(miss.id.replace(/[_-].*/s, ""));
    expect(Number(hit.headers.get("age"))).toBeLessThan(30);
    expect(miss.headers.has("age")).toBe(false);
    // A stream of chat completions says its tokens only when it is asked to, and then that is another question.
    if (form !== "chat completions" || !first) {
      expect(JSON.parse(hit.headers.get("x-millrace-usage") ?? "null")).toMatchObject({ output: expect.any(Number) });
    }
    expect(hit.headers.get("content-type")).toStartWith(second ? "text/event-stream" : "application/json");
    const again = await ask(millrace.url, KEY, { content, stream: second });
    expect([outcome(again), again.id === hit.id]).toEqual(["hit", false]);
  });

  test("temperature 1, or none, is a miss each time; `on` opts in, `off` out, `refresh` asks anew", async () => {
    const content = `opt in ${form}`;
    for (const more of [{ temperature: 1 }, { temperature: undefined }]) {
      for (const _turn of [1, 2]) expect(outcome(await ask(millrace.url, KEY, { content, more }))).toBe("bypass");
    }
    const more = { temperature: 1 };
    const withMode = async (mode: string) => {
      const before = upstream.requests.length;
      const asked = await ask(millrace.url, KEY, { content, more, headers: { "x-millrace-cache": mode } });
      return [outcome(asked), upstream.requests.length - before];
    };
    expect(await withMode("on")).toEqual(["miss", 1]);
    expect(await withMode("on")).toEqual(["hit", 0]);
    expect(await withMode("off")).toEqual(["bypass", 1]);
    expect(await withMode("refresh")).toEqual(["miss", 1]);
    expect(await withMode("on")).toEqual(["hit", 0]);
    expect(outcome(await ask(millrace.url, KEY, { content, more }))).toBe("bypass");
  });

  test("`off` neither takes nor leaves an answer", async () => {
    const content = `off ${form}`;
    const off = { "x-millrace-cache": "off" };
    expect(outcome(await ask(millrace.url, KEY, { content, headers: off }))).toBe("bypass");
    expect(outcome(await ask(millrace.url, KEY, { content }))).toBe("miss");
    expect(outcome(await ask(millrace.url, KEY, { content, headers: off }))).toBe("bypass");
  });

  test("every field asks another question: also unknown ones, white space, case and unicode form", async () => {
    const content = `Fields ${form}`;
    const variants: { content?: string; more?: object; headers?: Record<string, string> }[] = [
      {},
      { content: `Fields ${form} ` },
      { content: `fields ${form}` },
      { content: `Fields ${form} \u00e9` },
      { content: `Fields ${form} e\u0301` },
      { more: { field_of_tomorrow: 1 } },
      { more: { field_of_tomorrow: 2 } },
      { more: { model: "other-x" } },
      { more: { top_p: 0.5 } },
      { headers: form === "messages" ? { "anthropic-beta": "new-1" } : { "openai-beta": "new=v1" } },
    ];
    for (const round of ["miss", "hit"]) {
      for (const variant of variants) {
        const asked = await ask(millrace.url, KEY, { content, ...variant });
        expect([round, variant, outcome(asked)]).toEqual([round, variant, round]);
      }
    }
  });
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", "x-api-key": KEY, ...headers },
  });

describe("the question, not its spelling", () => {
  test("key order, spacing, escapes, who asks and the billing line make no difference", async () => {
    const billing = (cch: string) => [
      { type: "text", text: `x-anthropic-billing-header: cc_version=2.1.330.a1b; cc_entrypoint=cli; cch=${cch};` },
      { type: "text", text: "You are helpful." },
    ];
    const bodies = [
      { model: "m", max_tokens: 5, temperature: 0, messages: [{ role: "user", content: "spelling" }], system: billing("00001") },
      {
        system: billing("00002"),
        messages: [{ content: "spelling", role: "user" }],
        temperature: 0.0,
        max_tokens: 5,
        model: "m",
      },
      {
        model: "m",
        max_tokens: 5,
        temperature: 0,
        messages: [{ role: "user", content: "spelling" }],
        system: billing("00003"),
        metadata: { user_id: "someone" },
      },
    ];
    const answers = [];
    for (const body of bodies) answers.push(await post("/v1/messages", body));
    answers.push(await post("/v1/messages", JSON.stringify(bodies[0], null, 3).replace("spelling", "\\u0073pelling")));
    expect(answers.map(({ headers }) => headers.get("x-millrace-cache"))).toEqual(["miss", "hit", "hit", "hit"]);
  });

  test("count_tokens, embeddings and model lists are answered again by default", async () => {
    const ask = (kind: string) => {
      if (kind === "models") return fetch(`${millrace.url}/v1/models?limit=20`, { headers: { "x-api-key": KEY } });
      if (kind === "embeddings") return post("/v1/embeddings", { model: "text-embedding-x", input: ["a", "b"] });
      return post("/v1/messages/count_tokens", { model: "m", messages: [{ role: "user", content: "count me" }] });
    };
    for (const kind of ["models", "embeddings", "count_tokens"]) {
      const before = upstream.requests.length;
      const [first, second] = [await ask(kind), await ask(kind)];
      expect([kind, first.headers.get("x-millrace-cache"), second.headers.get("x-millrace-cache")]).toEqual([
        kind,
        "miss",
        "hit",
      ]);
      expect(await second.json()).toEqual(await first.json());
      expect(upstream.requests.length - before).toBe(1);
    }
  });

  test("an unknown mode is refused in the dialect", async () => {
    const answer = await post("/v1/messages", { model: "m", max_tokens: 5, messages: [] }, { "x-millrace-cache": "yes" });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { type: "error", error: { type: "invalid_request_error" } },
    ]);
  });
});

describe("a hit carries nothing of the call that made it", () => {
  test("no request id, rate limit or cookie of then; its own session and request id", async () => {
    const body = { model: "m", max_tokens: 5, temperature: 0, messages: [{ role: "user", content: "headers of then" }] };
    const [miss, hit] = [await post("/v1/messages", body), await post("/v1/messages", body)];
    expect(hit.headers.get("x-millrace-cache")).toBe("hit");
    expect(miss.headers.has("anthropic-ratelimit-requests-limit")).toBe(true);
    expect([...hit.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
    expect(hit.headers.get("request-id")).not.toBe(miss.headers.get("request-id"));
    expect(hit.headers.get("x-millrace-session")).toBe(miss.headers.get("x-millrace-session"));
  });

  test("and costs nothing in the log and the metrics", async () => {
    const own = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
    const body = JSON.stringify({
      model: "claude-free",
      max_tokens: 50,
      temperature: 0,
      messages: [{ role: "user", content: "free" }],
    });
    for (const _turn of [1, 2, 3]) {
      await (
        await fetch(`${own.url}/v1/messages`, { method: "POST", body, headers: { "content-type": "application/json" } })
      ).text();
    }
    const calls = await own.calls(3);
    expect(calls.map(({ cache }) => cache)).toEqual(["miss", "hit", "hit"]);
    const tokens = Number(calls[0]?.outputTokens);
    expect(tokens).toBeGreaterThan(0);
    expect(calls[1]?.outputTokens).toBeUndefined();
    expect(await own.metric('millrace_tokens_total{dialect="anthropic",model="claude-free",kind="output"}')).toBe(tokens);
    expect(await own.metric('millrace_cache_outcomes_total{dialect="anthropic",outcome="hit"}')).toBe(2);
    await own.stop();
  });
});

describe("the fresh id", () => {
  const IDS = [["a"], ["1"], [""], ["assistant"], ["chatcmpl-é1234567"], ["chatcmpl-12345678"]];
  test.each(IDS)("of an answer under the id %p changes nothing else", async (id) => {
    const odd = await faultUpstream();
    const own = await startMillrace({ config: { upstreams: upstreamsAt(odd.url) } });
    const message = { role: "assistant", content: `a 1 assistant "${id}" ${id}`, refusal: id === "" ? null : `${id}.` };
    const answer = {
      id,
      object: "chat.completion",
      created: 11,
      model: "m",
      choices: [{ index: 0, finish_reason: "stop", message }],
    };
    odd.behave(refuses(200, JSON.stringify(answer)));
    const ask = async () => {
      const body = JSON.stringify({ model: "m", temperature: 0, messages: [{ role: "user", content: "hi" }] });
      const init = { method: "POST", body, headers: { "content-type": "application/json" } };
      return fetch(`${own.url}/v1/chat/completions`, init);
    };
    await (await ask()).text();
    const hit = await ask();
    expect(hit.headers.get("x-millrace-cache")).toBe("hit");
    const { id: fresh, ...rest } = (await hit.json()) as { id: string };
    expect({ id, ...rest }).toEqual(answer);
    if (id === "chatcmpl-12345678") expect(fresh).not.toBe(id);
    await own.stop();
    await odd.close();
  });
});

test("a cache that is switched off answers nothing again and shares nothing", async () => {
  const off = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url), cache: { enabled: false } } });
  const [, ask] = forms[0] as (typeof forms)[number];
  for (const _turn of [1, 2]) expect(outcome(await ask(off.url, KEY, { content: "never kept" }))).toBe("bypass");
  await off.stop();
});
