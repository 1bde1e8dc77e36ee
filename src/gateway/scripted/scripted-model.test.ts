import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError, seededRandom } from "../../base/index.ts";
import { type Body, PATHS, type Path, probe, request, textOf, tools } from "./testing.ts";

describe.each([...PATHS])("%s", (path: Path) => {
  test("equal requests, whatever their key order, get equal answers with ids of their own", async () => {
    const { send } = probe();
    const body = { ...request(path, '[[think hm]] [[tool read {"path":"a"}]]'), ...tools(path, "read") };
    const turned = Object.fromEntries(Object.entries(body).reverse());
    const [one, two] = [(await (await send(path, body)).json()) as Body, (await (await send(path, turned)).json()) as Body];
    expect(one.id).not.toEqual(two.id);
    expect({ ...one, id: "" }).toEqual({ ...two, id: "" });
  });

  test("another message gets other tool call ids", async () => {
    const { ask } = probe();
    const idsOf = (answer: Body): string[] => JSON.stringify(answer).match(/(?:call|toolu)_\w{22,}/g) ?? [];
    const one = idsOf(await ask(path, "one [[tool read]]", tools(path, "read")));
    const two = idsOf(await ask(path, "two [[tool read]]", tools(path, "read")));
    expect(one.length).toBeGreaterThan(0);
    expect(one.filter((id) => two.includes(id))).toEqual([]);
  });

  test("says what it is and echoes the user, without the assistant's reminders", async () => {
    const { ask } = probe();
    const text = textOf(await ask(path, "<system-reminder>[[error 500]] secret</system-reminder>\n Fix   the\nbug "));
    expect(text).toBe(
      'Hello! I am Millrace\'s scripted model: this answer was made here, without a model provider. You wrote: "Fix the bug"',
    );
  });

  test("names the tools on offer when asked for another", async () => {
    const { ask } = probe();
    const text = textOf(await ask(path, "[[tool write {}]]", tools(path, "read", "grep")));
    expect(text).toContain("call the tool write, but this request does not offer it. It offers: read, grep.");
    expect(textOf(await ask(path, "[[tool write {}]]"))).toContain("It offers no tools.");
  });

  test("explains a script that it cannot read", async () => {
    const { ask } = probe();
    expect(textOf(await ask(path, "[[tool read {oops]]", tools(path, "read")))).toContain(
      "the arguments of [tool read] are not a JSON object",
    );
  });

  test("errors on request, in the dialect, with retry-after", async () => {
    const { send } = probe();
    const answer = await send(path, request(path, "[[error 429 retry-after=7]]"));
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    const { error } = (await answer.json()) as { error: Body };
    expect(error).toMatchObject(path === "/v1/messages" ? { type: "rate_limit_error" } : { code: "rate_limit_exceeded" });
    expect((await send(path, request(path, "[[error 529]]"))).headers.has("retry-after")).toBe(false);
    expect((await send(path, request(path, "[[stream-error overloaded_error]]"))).status).toBe(529);
  });

  test("sends a request id, rate limits and content types as a provider does", async () => {
    const { send } = probe();
    const plain = await send(path, request(path, "hi"));
    const stream = await send(path, { ...request(path, "hi"), stream: true });
    const name = path === "/v1/messages" ? "request-id" : "x-request-id";
    expect(plain.headers.get(name)).toMatch(/^req_\w{22}$/);
    expect(stream.headers.get(name)).not.toBe(plain.headers.get(name));
    expect([...plain.headers.keys()].some((header) => header.includes("ratelimit"))).toBe(true);
    expect(plain.headers.get("content-type")).toBe("application/json");
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  });

  test("refuses what the API would refuse", async () => {
    const { send } = probe();
    const good = request(path, "hi");
    const bodies = ["{", "[]", '"x"', `{"a":${"[".repeat(300)}${"]".repeat(300)}}`, "[".repeat(100_000)];
    const wrong = [{ ...good, model: "" }, { ...good, model: 5 }, { model: good.model }];
    for (const body of [...bodies, ...wrong]) {
      const answer = await send(path, body);
      expect(answer.status).toBe(400);
      const { error } = (await answer.json()) as { error: Body };
      expect(error).toMatchObject({ type: "invalid_request_error", message: expect.stringMatching(/./) });
    }
    expect((await send(path, new TextDecoder("latin1").decode(new Uint8Array([123, 34, 255])))).status).toBe(400);
  });

  test("a body over the limit is 413; no other method than POST is taken", async () => {
    const { send, get } = probe({ bodyBytesMax: 100 });
    expect((await send(path, request(path, "x".repeat(100)))).status).toBe(413);
    const answer = await get(path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("calls a tool that the client forces once, with arguments by its schema", async () => {
    const { ask } = probe();
    const forced = { "/v1/messages": { type: "any" }, "/v1/chat/completions": "required", "/v1/responses": "required" }[path];
    const answer = JSON.stringify(await ask(path, "hello", { ...tools(path, "read"), tool_choice: forced }));
    expect(answer).toContain('"read"');
    expect(answer.replaceAll("\\", "")).toContain('{"path":"scripted"}');
    const refused = textOf(
      await ask(path, "[[tool read]]", {
        ...tools(path, "read"),
        tool_choice: path === "/v1/messages" ? { type: "none" } : "none",
      }),
    );
    expect(refused).toContain("It offers no tools.");
  });

  test("never fails on strange but valid JSON", async () => {
    const { send } = probe();
    const good = request(path, "hi");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(good), "tools", "system", "tool_choice", "stream_options", "text"),
        fc.jsonValue(),
        async (key, value) => {
          const answer = await send(path, { ...good, [key]: value });
          expect([200, 400]).toContain(answer.status);
          await answer.text();
        },
      ),
    );
  });
});

test("max tokens cut the answer where they fall", async () => {
  const { ask } = probe();
  const messages = await ask("/v1/messages", "[[words 100]]", { max_tokens: 10 });
  expect(messages).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 10 } });
  expect(textOf(messages)).toHaveLength(40);
  const chat = await ask("/v1/chat/completions", "[[words 100]]", { max_completion_tokens: 10 });
  expect(chat).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { completion_tokens: 10 } });
  const responses = await ask("/v1/responses", "[[words 100]]", { max_output_tokens: 10 });
  expect(responses).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
});

test("thinking that comes back changed is refused, foreign signatures pass", async () => {
  const { ask, send } = probe();
  const first = await ask("/v1/messages", "[[think one two]]");
  const [thinking] = first.content as Body[];
  const again = (block: unknown) =>
    send("/v1/messages", {
      ...request("/v1/messages", ""),
      messages: [
        { role: "user", content: "x" },
        { role: "assistant", content: [block] },
        { role: "user", content: "y" },
      ],
    });
  expect((await again(thinking)).status).toBe(200);
  const changed = await again({ ...thinking, thinking: "one  two" });
  expect(changed.status).toBe(400);
  expect(await changed.text()).toContain("messages.1.content.0: Invalid `signature` in `thinking` block");
  expect((await again({ type: "thinking", thinking: "t", signature: "EqQBCkYIARgC" })).status).toBe(200);
});

test("custom tools of the Responses API take free text", async () => {
  const { ask } = probe();
  const answer = await ask("/v1/responses", '[[tool apply_patch {"input":"*** Begin"}]]', {
    tools: [{ type: "custom", name: "apply_patch" }],
  });
  expect(answer.output).toMatchObject([{ type: "custom_tool_call", name: "apply_patch", input: "*** Begin" }]);
});

test("count_tokens is the whole input of the same request", async () => {
  const { ask, send } = probe();
  const body = { ...request("/v1/messages", "hello there"), ...tools("/v1/messages", "read"), system: "You help." };
  const counted = (await (await send("/v1/messages/count_tokens?beta=true", { ...body, max_tokens: undefined })).json()) as Body;
  const answer = await ask("/v1/messages", "hello there", { ...tools("/v1/messages", "read"), system: "You help." });
  expect(answer.usage).toMatchObject({ input_tokens: counted.input_tokens });
});

test("embeddings: base64 and floats are the same unit vectors, of the dimensions asked for", async () => {
  const { send } = probe();
  const embed = async (more: Body) =>
    (await (await send("/v1/embeddings", { model: "e", dimensions: 8, ...more })).json()) as { data: { embedding: never }[] };
  const floats = await embed({ input: ["a", "b"] });
  const packed = await embed({ input: "a", encoding_format: "base64" });
  const vector: number[] = floats.data[0]?.embedding ?? [];
  expect(vector).toHaveLength(8);
  expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  expect([...new Float32Array(Buffer.from(packed.data[0]?.embedding ?? "", "base64").buffer)].slice(0, 8)).toEqual(vector);
  for (const input of [undefined, "", [], [""], [1, "a"], {}, [[]].concat([["x"]] as never)]) {
    expect((await send("/v1/embeddings", { model: "e", input })).status).toBe(400);
  }
  expect((await send("/v1/embeddings", { model: "e", input: [[1, 2], [3]] })).status).toBe(200);
  expect((await send("/v1/embeddings", { model: "e", input: "a", dimensions: 5000 })).status).toBe(400);
});

test("model lists and unknown paths answer in the caller's dialect", async () => {
  const { get } = probe();
  const anthropic = { "anthropic-version": "2023-06-01" };
  expect(await (await get("/v1/models?limit=1000", anthropic)).json()).toMatchObject({
    has_more: false,
    data: [{ type: "model", id: "claude-scripted", display_name: "Scripted model" }, {}],
  });
  expect(await (await get("/v1/models")).json()).toMatchObject({
    object: "list",
    data: [{ object: "model", id: "gpt-scripted" }, {}, {}],
  });
  expect((await get("/v1/models/gpt-scripted")).status).toBe(200);
  expect((await get("/v1/models/%ff")).status).toBe(404);
  const unknown = await get("/v1/unknown", { "x-api-key": "k" });
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
  expect(await (await get("/v1/unknown")).json()).toMatchObject({ error: { type: "invalid_request_error", code: "not_found" } });
});

test("a random source makes the ids of two models differ; without one they repeat", async () => {
  const idOf = async (options: Parameters<typeof probe>[0]) => (await probe(options).ask("/v1/messages", "hi")).id;
  expect(await idOf({})).toBe((await idOf({})) as string);
  expect(await idOf({ random: seededRandom(1) })).not.toBe((await idOf({ random: seededRandom(2) })) as string);
});

test.each([
  ["a negative wait", { pace: { firstTokenMs: -1 } }],
  ["an endless rate", { pace: { tokensPerSecond: Infinity } }],
  ["empty pieces", { pace: { chunkTokens: 0 } }],
  ["no body", { bodyBytesMax: 0 }],
  ["an unbounded memory", { prefixesMax: Infinity }],
])("refuses %s", (_name, options) => {
  let thrown: unknown;
  try {
    probe(options);
  } catch (error) {
    thrown = error;
  }
  expect(MillraceError.is(thrown, "option_invalid")).toBe(true);
});

test("Responses: a tool of a namespace goes by both names in a script, and is called by each apart", async () => {
  const { ask } = probe();
  const { tools: inner } = tools("/v1/responses", "find");
  const offer = { tools: [{ type: "namespace", name: "mcp__mill", tools: inner }] };
  const answer = await ask("/v1/responses", '[[tool mcp__mill__find {"path":"a"}]]', offer);
  expect(answer.output).toMatchObject([
    { type: "function_call", namespace: "mcp__mill", name: "find", arguments: '{"path":"a"}' },
  ]);
  expect(textOf(await ask("/v1/responses", "[[tool find {}]]", offer))).toContain("It offers: mcp__mill__find.");
});
