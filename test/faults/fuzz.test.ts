// Ten thousand spoiled requests, many at once, at a whole server with an upstream behind it: no crash, no 500, nothing
// left open. Seeded: a case that fails is had again by its number.

import { expect, test } from "bun:test";
import { type Random, seededRandom, systemClock } from "../../src/base/index.ts";
import { startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { mutateBody, oddHeaders, rawRequest } from "../kit/mutate.ts";
import { rawConnection } from "../kit/raw-client.ts";
import { scriptedServer } from "../kit/scripted-server.ts";

const CASES = 10_000;
const AT_ONCE = 24;
/** Far beyond every limit of the server: who is still waiting then was forgotten. */
const HUNG_MS = 20_000;
const SEED = 20_261_122;

const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };
const tool = { name: "read", input_schema: { type: "object", properties: { path: { type: "string" } } } };
const SEEDS: readonly (readonly [path: string, body: object])[] = [
  [
    "/v1/messages?beta=true",
    {
      model: "claude-x",
      max_tokens: 50,
      stream: true,
      temperature: 0,
      system: [
        { type: "text", text: "x-anthropic-billing-header: a; cch=1;" },
        { type: "text", text: "Be kind.", cache_control: { type: "ephemeral" } },
      ],
      metadata: { user_id: '{"session_id":"s"}' },
      thinking: { type: "enabled", budget_tokens: 1024 },
      tools: [tool],
      messages: [
        { role: "user", content: [{ type: "text", text: "hi" }, image] },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "read", input: { path: "a" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "ok" }] }] },
      ],
    },
  ],
  ["/v1/messages", { model: "claude-x", max_tokens: 5, messages: [{ role: "user", content: "hi" }] }],
  ["/v1/messages/count_tokens", { model: "claude-x", messages: [{ role: "user", content: "hi" }], tools: [tool] }],
  [
    "/v1/chat/completions",
    {
      model: "gpt-x",
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      tools: [{ type: "function", function: { name: "read", parameters: {} } }],
      response_format: {
        type: "json_schema",
        json_schema: { name: "a", schema: { type: "object", properties: { a: { type: "number" } } } },
      },
      messages: [
        { role: "system", content: "Be kind." },
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
          ],
        },
        { role: "assistant", tool_calls: [{ id: "t", type: "function", function: { name: "read", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "t", content: "ok" },
      ],
    },
  ],
  [
    "/v1/responses",
    {
      model: "gpt-x",
      store: false,
      stream: true,
      temperature: 0,
      prompt_cache_key: "k",
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "low", summary: "auto" },
      tools: [{ type: "function", name: "read", parameters: {}, strict: false }],
      input: [
        { role: "user", content: [{ type: "input_text", text: "hi" }] },
        { type: "function_call", call_id: "t", name: "read", arguments: "{}" },
        { type: "function_call_output", call_id: "t", output: "ok" },
      ],
    },
  ],
  ["/v1/embeddings", { model: "text-embedding-x", input: ["a", "b"], encoding_format: "base64", dimensions: 8 }],
];

/** What a caller's own fault, or its upstream's words about it, may be answered with. 500 is nobody's fault but ours. */
const ALLOWED = new Set([200, 204, 400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 417, 422, 426, 431, 505]);

const METHODS = [...Array<string>(18).fill("POST"), "PUT", "GET"];

async function byFetch(url: string, random: Random): Promise<number> {
  const [path, seed] = SEEDS[random.below(SEEDS.length)] as (typeof SEEDS)[number];
  const headers = new Headers({ "content-type": "application/json" });
  for (const [name, value] of oddHeaders(random)) headers.set(name, value);
  const method = METHODS[random.below(METHODS.length)] as string;
  const body = mutateBody(seed, random) as Uint8Array<ArrayBuffer>;
  const answer = await fetch(url + path, { method, headers, redirect: "manual", ...(method === "GET" ? {} : { body }) });
  if (random.below(10) === 0) await answer.body?.cancel();
  else await answer.bytes();
  return answer.status;
}

/** Undefined: the connection ended without an answer, which what was no HTTP deserves. */
async function bySocket(url: string, random: Random): Promise<number | undefined> {
  const [path, seed] = SEEDS[random.below(SEEDS.length)] as (typeof SEEDS)[number];
  const connection = await rawConnection(url);
  const { bytes, endless } = rawRequest(path, mutateBody(seed, random), random);
  connection.send(bytes);
  if (random.below(10) === 0) connection.reset();
  else if (endless) connection.finish();
  const cancel = systemClock.schedule(HUNG_MS, () => connection.reset());
  const answer = await connection.answer();
  cancel();
  connection.reset();
  return answer?.status;
}

test(`${CASES} spoiled requests: no crash, no 500, nothing left open`, async () => {
  const upstream = scriptedServer();
  const millrace = await startMillrace({
    config: {
      upstreams: upstreamsAt(upstream.url, { credential: "passthrough" }),
      limits: { bodyMs: 200, bodyBytesMax: 65_536 },
    },
  });
  const counts = new Map<string, number>();
  const bad: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < CASES; number = next++) {
      const random = seededRandom(SEED + number);
      const raw = number % 4 === 0;
      const startedAt = systemClock.monotonic();
      const status = await (raw ? bySocket : byFetch)(millrace.url, random);
      const key = `${raw ? "socket" : "fetch"} ${status ?? "ended"}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (systemClock.monotonic() - startedAt > HUNG_MS) bad.push(`case ${number}: hung`);
      if (status !== undefined && !ALLOWED.has(status)) bad.push(`case ${number}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(bad).toEqual([]);
  // The mutations reach both sides of every check: enough is served, enough refused, by either way.
  for (const key of ["fetch 200", "fetch 400", "fetch 415", "socket 200", "socket 400"]) {
    expect([key, (counts.get(key) ?? 0) > 50]).toEqual([key, true]);
  }
  expect(await millrace.metric("millrace_internal_errors_total")).toBe(0);
  expect(millrace.lines().filter(({ level }) => level === "error")).toEqual([]);
  expect((await fetch(`${millrace.url}/healthz`)).status).toBe(200);
  await millrace.stop();
  await upstream.close();
}, 120_000);
