// What the official SDKs do with a model server, as one function per scenario: run against the scripted model itself and,
// unchanged, through Millrace. Each needs only a base URL and a key; whatever is behind it must be the scripted model.
// They check by themselves and throw where an answer is not what it must be.

import { expect } from "bun:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { APICallError, embed, generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

export interface Target {
  /** Without a slash at the end and without `/v1`. */
  readonly url: string;
  readonly key: string;
}

export interface Scenario {
  readonly name: string;
  run(target: Target): Promise<void>;
}

const MODEL_ANTHROPIC = "claude-scripted";
const MODEL_OPENAI = "gpt-scripted";

const anthropic = ({ url, key }: Target, maxRetries = 0): Anthropic => new Anthropic({ baseURL: url, apiKey: key, maxRetries });
const openai = ({ url, key }: Target, maxRetries = 0): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries });

const user = (content: string) => [{ role: "user" as const, content }];

const READ_SCHEMA = { type: "object" as const, properties: { path: { type: "string" } }, required: ["path"] };
const CALL_READ = 'Please look. [[tool read_file {"path":"a.ts"}]]';
const READ_RESULT = "export const a = 1;\n// second line";

const anthropicScenarios: readonly Scenario[] = [
  {
    name: "anthropic: a plain answer with usage",
    async run(target) {
      const message = await anthropic(target).messages.create({
        model: MODEL_ANTHROPIC,
        max_tokens: 200,
        messages: user("Hello there"),
      });
      expect(message.content).toMatchObject([{ type: "text", text: expect.stringContaining('You wrote: "Hello there"') }]);
      expect(message.stop_reason).toBe("end_turn");
      expect(message.usage.input_tokens).toBeGreaterThan(0);
      expect(message.usage.output_tokens).toBeGreaterThan(10);
    },
  },
  {
    name: "anthropic: a stream says what the plain answer says",
    async run(target) {
      const client = anthropic(target);
      const request: Anthropic.MessageCreateParamsNonStreaming = {
        model: MODEL_ANTHROPIC,
        max_tokens: 400,
        messages: user("[[words 60]]"),
      };
      const stream = client.messages.stream(request);
      const pieces: string[] = [];
      stream.on("text", (piece) => pieces.push(piece));
      const streamed = await stream.finalMessage();
      const plain = await client.messages.create(request);
      expect(pieces.length).toBeGreaterThan(5);
      expect(streamed.content).toMatchObject(plain.content);
      expect(pieces.join("").split(" ")).toHaveLength(60);
      expect(streamed.usage.output_tokens).toBe(plain.usage.output_tokens);
    },
  },
  {
    name: "anthropic: thinking and a tool, there and back",
    async run(target) {
      const client = anthropic(target);
      const base = {
        model: MODEL_ANTHROPIC,
        max_tokens: 2000,
        thinking: { type: "enabled" as const, budget_tokens: 1024 },
        tools: [{ name: "read_file", input_schema: READ_SCHEMA }],
      };
      const messages: Anthropic.MessageParam[] = user(`[[think The file may tell.]] ${CALL_READ}`);
      const first = await client.messages.stream({ ...base, messages }).finalMessage();
      expect(first.stop_reason).toBe("tool_use");
      const [thinking, call] = first.content;
      expect(thinking).toMatchObject({
        type: "thinking",
        thinking: "The file may tell.",
        signature: expect.stringMatching(/^[\w+/]{40,}=*$/),
      });
      if (call?.type !== "tool_use") throw new Error("the second block must be a tool call");
      expect(call).toMatchObject({ name: "read_file", input: { path: "a.ts" } });
      messages.push({ role: "assistant", content: first.content });
      messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: READ_RESULT }] });
      const second = await client.messages.stream({ ...base, messages }).finalMessage();
      expect(second.stop_reason).toBe("end_turn");
      expect(second.content).toMatchObject([
        { type: "text", text: "The tool read_file answered: export const a = 1; // second line" },
      ]);
    },
  },
  {
    name: "anthropic: a marked prefix is written once, then read from cache",
    async run(target) {
      const system = [
        {
          type: "text" as const,
          text: `Session ${target.key} ${Bun.randomUUIDv7()}. `.repeat(50),
          cache_control: { type: "ephemeral" as const },
        },
      ];
      const ask = (content: string) =>
        anthropic(target).messages.create({ model: MODEL_ANTHROPIC, max_tokens: 50, system, messages: user(content) });
      const [first, second] = [await ask("one"), await ask("two")];
      expect(first.usage.cache_read_input_tokens).toBe(0);
      expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(500);
      expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
      expect(second.usage.cache_creation_input_tokens).toBe(0);
    },
  },
  {
    name: "anthropic: count_tokens, and the model list",
    async run(target) {
      const client = anthropic(target);
      const counted = await client.messages.countTokens({ model: MODEL_ANTHROPIC, messages: user("How long is this?") });
      const message = await client.messages.create({
        model: MODEL_ANTHROPIC,
        max_tokens: 5,
        messages: user("How long is this?"),
      });
      expect(message.usage.input_tokens).toBe(counted.input_tokens);
      expect(message.stop_reason).toBe("max_tokens");
      expect(message.usage.output_tokens).toBe(5);
      const models = await Array.fromAsync(client.models.list());
      expect(models.map((model) => model.id)).toContain(MODEL_ANTHROPIC);
    },
  },
  {
    name: "anthropic: errors before and inside a stream",
    async run(target) {
      const client = anthropic(target);
      const ask = (content: string) =>
        client.messages.stream({ model: MODEL_ANTHROPIC, max_tokens: 200, messages: user(content) }).finalMessage();
      const limited = await failureOf(ask("[[error 429 retry-after=2]]"));
      expect(limited).toBeInstanceOf(Anthropic.RateLimitError);
      expect((limited as InstanceType<typeof Anthropic.RateLimitError>).headers.get("retry-after")).toBe("2");
      const inside = await failureOf(ask("[[stream-error overloaded_error]]"));
      expect(inside).toBeInstanceOf(Anthropic.APIError);
      expect(String(inside)).toContain("overloaded_error");
      expect(await failureOf(ask("[[cut]]"))).toBeInstanceOf(Error);
      const bad = await failureOf(client.messages.create({ model: MODEL_ANTHROPIC, max_tokens: 0, messages: user("x") }));
      expect(bad).toBeInstanceOf(Anthropic.BadRequestError);
    },
  },
  {
    name: "anthropic: the client leaves a slow stream",
    async run(target) {
      const stream = anthropic(target).messages.stream({
        model: MODEL_ANTHROPIC,
        max_tokens: 500,
        messages: user("[[pace 60000]] [[words 100]]"),
      });
      const started = new Promise<void>((resolve) => stream.on("streamEvent", () => resolve()));
      const ended = failureOf(stream.finalMessage());
      await started;
      stream.abort();
      expect(await ended).toBeInstanceOf(Anthropic.APIUserAbortError);
    },
  },
];

const openaiScenarios: readonly Scenario[] = [
  {
    name: "openai chat: a plain answer with usage",
    async run(target) {
      const completion = await openai(target).chat.completions.create({ model: MODEL_OPENAI, messages: user("Hello there") });
      expect(completion.choices[0]?.message.content).toContain('You wrote: "Hello there"');
      expect(completion.choices[0]?.finish_reason).toBe("stop");
      expect(completion.usage?.total_tokens).toBe(
        (completion.usage?.prompt_tokens ?? 0) + (completion.usage?.completion_tokens ?? 0),
      );
    },
  },
  {
    name: "openai chat: a stream with a final usage chunk says what the plain answer says",
    async run(target) {
      const client = openai(target);
      const request = { model: MODEL_OPENAI, messages: user("[[words 60]]") };
      const chunks = await Array.fromAsync(
        await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } }),
      );
      const plain = await client.chat.completions.create(request);
      const said = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
      expect(chunks.length).toBeGreaterThan(8);
      expect(said).toBe(plain.choices[0]?.message.content ?? "");
      expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: plain.usage?.completion_tokens });
    },
  },
  {
    name: "openai chat: two tools at once, there and back",
    async run(target) {
      const client = openai(target);
      const tools = [{ type: "function" as const, function: { name: "read_file", parameters: READ_SCHEMA } }];
      const messages: OpenAI.ChatCompletionMessageParam[] = user(`${CALL_READ} [[also read_file {"path":"b.ts"}]]`);
      const first = await client.chat.completions.stream({ model: MODEL_OPENAI, messages, tools }).finalChatCompletion();
      const message = first.choices[0]?.message;
      const calls = message?.tool_calls ?? [];
      expect(first.choices[0]?.finish_reason).toBe("tool_calls");
      expect(calls.map((call) => (call.type === "function" ? call.function.arguments : ""))).toEqual([
        '{"path":"a.ts"}',
        '{"path":"b.ts"}',
      ]);
      expect(new Set(calls.map((call) => call.id)).size).toBe(2);
      messages.push({ role: "assistant", tool_calls: calls });
      for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: READ_RESULT });
      const second = await client.chat.completions.create({ model: MODEL_OPENAI, messages, tools });
      expect(second.choices[0]?.message.content).toBe("The tool read_file answered: export const a = 1; // second line");
    },
  },
  {
    name: "openai responses: a plain answer; a stream says the same",
    async run(target) {
      const client = openai(target);
      const request = { model: MODEL_OPENAI, input: "[[think Slowly.]] [[words 40]]" };
      const plain = await client.responses.create(request);
      const streamed = await client.responses.stream(request).finalResponse();
      expect(plain.status).toBe("completed");
      expect(plain.output_text.split(" ")).toHaveLength(40);
      expect(streamed.output_text).toBe(plain.output_text);
      expect(plain.output[0]).toMatchObject({
        type: "reasoning",
        summary: [{ text: "Slowly." }],
        encrypted_content: expect.any(String),
      });
      expect(plain.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    },
  },
  {
    name: "openai responses: a tool and reasoning, there and back, without storage",
    async run(target) {
      const client = openai(target);
      const tools = [{ type: "function" as const, name: "read_file", parameters: READ_SCHEMA, strict: false }];
      const include = ["reasoning.encrypted_content" as const];
      const input: OpenAI.Responses.ResponseInputItem[] = user(`[[think The file may tell.]] ${CALL_READ}`);
      const first = await client.responses.stream({ model: MODEL_OPENAI, input, tools, store: false, include }).finalResponse();
      const call = first.output.find((item) => item.type === "function_call");
      expect(call).toMatchObject({ name: "read_file", arguments: '{"path":"a.ts"}' });
      input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]));
      input.push({ type: "function_call_output", call_id: call?.call_id ?? "", output: READ_RESULT });
      const second = await client.responses.create({ model: MODEL_OPENAI, input, tools, store: false, include });
      expect(second.output_text).toBe("The tool read_file answered: export const a = 1; // second line");
    },
  },
  {
    name: "openai: cached tokens come in steps of 128",
    async run(target) {
      const system = { role: "system" as const, content: `Session ${Bun.randomUUIDv7()}. `.repeat(200) };
      const ask = (content: string) =>
        openai(target).chat.completions.create({ model: MODEL_OPENAI, messages: [system, ...user(content)] });
      const [first, second] = [await ask("one"), await ask("two")];
      expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
      const cached = second.usage?.prompt_tokens_details?.cached_tokens ?? 0;
      expect(cached).toBeGreaterThanOrEqual(1024);
      expect(cached % 128).toBe(0);
    },
  },
  {
    name: "openai: embeddings, and the model list",
    async run(target) {
      const client = openai(target);
      const asFloats = await client.embeddings.create({
        model: "text-embedding-scripted",
        input: ["a", "b"],
        encoding_format: "float",
      });
      const asBase64 = await client.embeddings.create({ model: "text-embedding-scripted", input: ["a", "b"] });
      expect(asBase64.data.map((item) => Array.from(item.embedding))).toEqual(asFloats.data.map((item) => item.embedding));
      const squares = asFloats.data[0]?.embedding.reduce((sum, value) => sum + value * value, 0);
      expect(squares).toBeCloseTo(1, 5);
      expect(asFloats.data[0]?.embedding).not.toEqual(asFloats.data[1]?.embedding);
      const models = await Array.fromAsync(client.models.list());
      expect(models.map((model) => model.id)).toContain(MODEL_OPENAI);
    },
  },
  {
    name: "openai: errors before and inside a stream",
    async run(target) {
      const client = openai(target);
      const chat = async (content: string) =>
        Array.fromAsync(await client.chat.completions.create({ model: MODEL_OPENAI, messages: user(content), stream: true }));
      const respond = (input: string) => client.responses.stream({ model: MODEL_OPENAI, input }).finalResponse();
      for (const ask of [chat, respond]) {
        const limited = await failureOf(ask("[[error 429 retry-after=2]]"));
        expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
        expect((limited as InstanceType<typeof OpenAI.RateLimitError>).headers?.get("retry-after")).toBe("2");
        expect(String(await failureOf(ask("[[stream-error server_is_overloaded]]")))).toContain("server_is_overloaded");
        expect(await failureOf(ask("[[cut]]"))).toBeInstanceOf(Error);
      }
      const bad = await failureOf(client.chat.completions.create({ model: "", messages: user("x") }));
      expect(bad).toBeInstanceOf(OpenAI.BadRequestError);
    },
  },
  {
    name: "openai: the client leaves a slow stream",
    async run(target) {
      const stream = await openai(target).chat.completions.create({
        model: MODEL_OPENAI,
        messages: user("[[pace 60000]] [[words 100]]"),
        stream: true,
      });
      let chunks = 0;
      for await (const _chunk of stream) {
        chunks += 1;
        stream.controller.abort();
      }
      expect(chunks).toBe(1);
    },
  },
];

const aiModels: readonly (readonly [string, (target: Target) => LanguageModel])[] = [
  ["anthropic", ({ url, key }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(MODEL_ANTHROPIC)],
  ["openai chat", ({ url, key }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(MODEL_OPENAI)],
  ["openai responses", ({ url, key }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(MODEL_OPENAI)],
];

const aiScenarios: readonly Scenario[] = aiModels.flatMap(([name, modelFor]): Scenario[] => [
  {
    name: `ai sdk, ${name}: a loop of two tool calls, streamed`,
    async run(target) {
      const seen: string[] = [];
      const read = tool({
        inputSchema: z.object({ path: z.string() }),
        execute: async ({ path }) => {
          seen.push(path);
          return `text of ${path}`;
        },
      });
      const result = streamText({
        model: modelFor(target),
        prompt: '[[tool read {"path":"a.ts"}]] [[think Now b.]] [[tool read {"path":"b.ts"}]] [[say Both read.]]',
        tools: { read },
        stopWhen: stepCountIs(5),
        maxOutputTokens: 1000,
        maxRetries: 0,
      });
      expect(await result.text).toBe("Both read.");
      expect(seen).toEqual(["a.ts", "b.ts"]);
      expect(await result.steps).toHaveLength(3);
      expect((await result.totalUsage).outputTokens).toBeGreaterThan(0);
    },
  },
  {
    name: `ai sdk, ${name}: an object by schema, and an error with its status`,
    async run(target) {
      const model = modelFor(target);
      const made = await generateObject({
        model,
        schema: z.object({ title: z.string(), size: z.number() }),
        prompt: "A title, please.",
        maxOutputTokens: 1000,
        maxRetries: 0,
      });
      expect(made.object).toEqual({ title: "scripted", size: 0 });
      const failed = await failureOf(generateText({ model, prompt: "[[error 529]]", maxOutputTokens: 1000, maxRetries: 0 }));
      expect(APICallError.isInstance(failed) && failed.statusCode).toBe(529);
    },
  },
]);

const aiEmbedding: Scenario = {
  name: "ai sdk, openai: an embedding",
  async run({ url, key }) {
    const model = createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).embedding("text-embedding-scripted");
    const { embedding } = await embed({ model, value: "a", maxRetries: 0 });
    expect(embedding).toHaveLength(1536);
  },
};

/** Every scenario, each independent of the others. */
export const sdkScenarios: readonly Scenario[] = [...anthropicScenarios, ...openaiScenarios, ...aiScenarios, aiEmbedding];

/** What the promise rejects with; throws when it does not. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
}
