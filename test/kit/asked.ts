// One question to a model in each of the four forms in which text is asked for, through the official SDKs: what was said,
// under which id and with which headers, the same way for a stream and a plain answer, so that the two can be compared.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

export interface Asked {
  /** Everything of the answer but its id and times. */
  readonly said: unknown;
  readonly id: string;
  readonly headers: Headers;
}

export interface Question {
  /** The last user message: prose, or markers of the scripted model. */
  readonly content: string;
  readonly stream?: boolean;
  /** Fields over those of the form. */
  readonly more?: object;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Asks the server at `url` (without `/v1`) with this key. */
export type Ask = (url: string, key: string, question: Question) => Promise<Asked>;

/** The SDK's fetch, and the headers of the answer it got. */
function recording() {
  let headers = new Headers();
  const record = async (...call: Parameters<typeof fetch>): Promise<Response> => {
    const answer = await fetch(...call);
    headers = answer.headers;
    return answer;
  };
  return { fetch: record, headers: () => headers };
}

const READ = { type: "object" as const, properties: { path: { type: "string" } }, required: ["path"] };

const messages: Ask = async (url, apiKey, { content, stream, more, headers, signal }) => {
  const seen = recording();
  const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0, fetch: seen.fetch });
  const body = {
    model: "claude-x",
    max_tokens: 2000,
    temperature: 0,
    tools: [{ name: "read_file", input_schema: READ }],
    messages: [{ role: "user" as const, content }],
    ...more,
  };
  const options = { ...(headers ? { headers } : {}), ...(signal ? { signal } : {}) };
  const message = stream
    ? await client.messages.stream(body, options).finalMessage()
    : await client.messages.create(body, options);
  return { said: plain({ ...message, id: undefined }), id: message.id, headers: seen.headers() };
};

const chat: Ask = async (url, apiKey, { content, stream, more, headers, signal }) => {
  const seen = recording();
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, fetch: seen.fetch });
  const body = {
    model: "gpt-x",
    temperature: 0,
    tools: [{ type: "function" as const, function: { name: "read_file", parameters: READ } }],
    messages: [{ role: "user" as const, content }],
    ...more,
  };
  const options = { ...(headers ? { headers } : {}), ...(signal ? { signal } : {}) };
  const completion = stream
    ? await client.chat.completions.stream(body, options).finalChatCompletion()
    : await client.chat.completions.create(body, options);
  const [choice] = completion.choices;
  const calls = choice?.message.tool_calls?.map((call) =>
    call.type === "function" ? [call.id, call.function.name, call.function.arguments] : call,
  );
  const said = { text: choice?.message.content, calls, finish: choice?.finish_reason, model: completion.model };
  return { said, id: completion.id, headers: seen.headers() };
};

const responses: Ask = async (url, apiKey, { content, stream, more, headers, signal }) => {
  const seen = recording();
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, fetch: seen.fetch });
  const body = {
    model: "gpt-x",
    temperature: 0,
    store: false,
    tools: [{ type: "function" as const, name: "read_file", parameters: READ, strict: false }],
    input: [{ role: "user" as const, content }],
    ...more,
  };
  const options = { ...(headers ? { headers } : {}), ...(signal ? { signal } : {}) };
  const response = stream
    ? await client.responses.stream(body, options).finalResponse()
    : await client.responses.create(body, options);
  const said = { output: plain(response.output), usage: response.usage, status: response.status, text: response.output_text };
  return { said, id: response.id, headers: seen.headers() };
};

/** Without what the SDKs put into a finished stream by themselves. */
const plain = (said: unknown): unknown =>
  JSON.parse(
    JSON.stringify(said, (name, value: unknown) => (/^(?:parsed|__json_buf|stop_details)/.test(name) ? undefined : value)),
  );

/** The forms by name, in which a repeated question may be answered from cache as they stand. */
export const forms: readonly (readonly [name: string, ask: Ask])[] = [
  ["messages", messages],
  ["chat completions", chat],
  ["responses", responses],
];
