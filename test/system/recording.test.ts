// Conversations that pass the gateway become threads by themselves: real calls to the whole server, whose upstream is the scripted model.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WireMessage, WireMessagePage, WireThread } from "../../src/wire/index.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";
import { SseReader } from "../kit/sse-reader.ts";

const dataDir = mkdtempSync(join(tmpdir(), "millrace-recording-"));
let model: ScriptedServer;
let millrace: Millrace;
const start = () => startMillrace({ config: { upstreams: upstreamsAt(model.url), threads: THREADS }, dataDir });
const THREADS = {
  redact: [{ name: "badge", prefix: "BADGE-", characters: "upper", min: 6 }],
};

beforeAll(async () => {
  model = scriptedServer();
  millrace = await start();
});
afterAll(async () => {
  await millrace.stop();
  await model.close();
  rmSync(dataDir, { recursive: true, force: true });
});

type Said = { role: string; content: unknown };

interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Record<string, unknown>;
  readonly signal?: AbortSignal;
}

const post = ({ path = "/v1/messages", headers = {}, body = {}, signal }: Sent) =>
  fetch(millrace.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "claude-cli/2.1.330 (external, cli)", ...headers },
    body: JSON.stringify({ model: "claude-x", max_tokens: 1000, ...body }),
    ...(signal ? { signal } : {}),
  });

/** A turn with the Messages API, read to its end. @returns the thread that the answer names, and the words. */
async function turn(messages: readonly Said[], { body, ...more }: Sent = {}) {
  const answer = await post({ ...more, body: { system: "You help.", messages, ...body } });
  const { content } = (await answer.json()) as { content: { type: string; text?: string }[] };
  return { status: answer.status, thread: answer.headers.get("x-millrace-thread"), content };
}

const get = async <Answer>(path: string): Promise<Answer> => (await (await fetch(millrace.url + path)).json()) as Answer;
const user = (content: string): Said => ({ role: "user", content });

/** Recording goes on behind the answer: what was recorded is there once the count of turns says so. */
async function recorded(): Promise<void> {
  while ((await millrace.metric("millrace_recording_turns")) > 0) await new Promise(setImmediate);
}

const threadsOf = async (client: string) =>
  (await get<{ threads: WireThread[] }>(`/api/threads?limit=200&client=${client}`)).threads;
const messagesOf = async (id: string) => {
  const { messages } = await get<WireMessagePage>(`/api/threads/${id}/messages?limit=200`);
  return messages as WireMessage[];
};
const said = (messages: readonly WireMessage[]) =>
  messages.map(({ role, content, mark }) => {
    const words = content.map(
      (block) => (block as { text?: string; type: string }).text ?? `(${(block as Said & { type: string }).type})`,
    );
    return `${role}: ${words.join(" ")}${mark ? ` [${mark}]` : ""}`;
  });

describe("a conversation", () => {
  const session = { "x-claude-code-session-id": "session-1" };
  const first = user("[[say Hello.]]");
  let thread = "";

  test("becomes a thread, named in the answer, with each message once, and what it took", async () => {
    const one = await turn([first], { headers: session, body: { tools: [{ name: "read", input_schema: { type: "object" } }] } });
    expect(one.status).toBe(200);
    thread = one.thread ?? "";
    const again = { role: "assistant", content: one.content };
    const two = await turn([first, again, user("[[say Bye.]]")], {
      headers: session,
      body: { tools: [{ name: "read", input_schema: { type: "object" } }] },
    });
    expect(two.thread).toBe(thread);
    await recorded();
    expect(said(await messagesOf(thread))).toEqual([
      "system: You help. (tools)",
      "user: [[say Hello.]]",
      "assistant: Hello.",
      "user: [[say Bye.]]",
      "assistant: Bye.",
    ]);
    const found = await get<WireThread>(`/api/threads/${thread}`);
    expect(found).toMatchObject({ title: "[[say Hello.]]", client: "claude-code", model: "claude-x", messages: 5 });
    expect(found.usage.input).toBeGreaterThan(0);
    expect(found.usage.output).toBeGreaterThan(0);
  });

  test("goes on in its thread after a restart; a retry and an answer from cache add nothing", async () => {
    await millrace.stop();
    millrace = await start();
    const before = await messagesOf(thread);
    const history = before.slice(1).map(({ role, content }) => ({ role, content }));
    const third = [...history, user("[[say Still here.]]")];
    for (let time = 0; time < 3; time++) await turn(third, { headers: session, body: { temperature: 0 } });
    await recorded();
    expect(said(await messagesOf(thread)).slice(5)).toEqual([
      "system: You help.",
      "user: [[say Still here.]]",
      "assistant: Still here.",
    ]);
    expect(await millrace.metric('millrace_recorded_turns_total{result="recorded"}')).toBe(3);
  });

  test("whose past was changed goes on in a fork, a sub-agent's in a child", async () => {
    const fork = [first, { role: "assistant", content: "Hello." }, user("[[say Another way.]]")];
    await turn(fork, { headers: session });
    await turn([user("[[say I look.]]")], {
      headers: { ...session, "x-claude-code-agent-id": "agent-1" },
      body: { system: "You look things up." },
    });
    await recorded();
    const children = (await threadsOf("claude-code")).filter(({ origin }) => origin?.thread === thread);
    expect(children.map(({ origin }) => origin?.kind).sort()).toEqual(["child", "fork"]);
    const forked = children.find(({ origin }) => origin?.kind === "fork");
    expect(forked?.origin?.sequence).toBe(3);
    expect(said(await messagesOf(forked?.id ?? ""))).toEqual(["user: [[say Another way.]]", "assistant: Another way."]);
  });

  test("without a session is known by what was said", async () => {
    const headers = { "user-agent": "plain-sdk/1.0" };
    const one = await turn([user("[[say A.]] of no session")], { headers });
    expect(one.thread).toBeNull();
    await recorded();
    await turn([user("[[say A.]] of no session"), { role: "assistant", content: "A." }, user("[[say B.]]")], { headers });
    await recorded();
    const found = await threadsOf("plain-sdk");
    expect(found.map(({ messages, client }) => [messages, client])).toEqual([[5, "plain-sdk"]]);
  });
});

describe("every way to ask", () => {
  const codex = { "user-agent": "codex_exec/0.169.0", "thread-id": "codex-1" };

  test("chat completions, streamed, with a tool", async () => {
    const headers = { "user-agent": "opencode/1.18", "x-session-affinity": "open-1" };
    const tools = [{ type: "function", function: { name: "read", parameters: { type: "object" } } }];
    const ask = async (messages: readonly object[]) => {
      const answer = await post({ path: "/v1/chat/completions", headers, body: { messages, tools, stream: true } });
      for await (const _ of new SseReader(answer)) {
        // To its end.
      }
    };
    const question = user('[[tool read {"path":"a"}]] [[say Done.]]');
    await ask([{ role: "system", content: "Terse." }, question]);
    await recorded();
    const [thread] = await threadsOf("opencode");
    const [, , answer] = await messagesOf(thread?.id ?? "");
    expect(answer?.content).toMatchObject([{ type: "function", function: { name: "read", arguments: '{"path":"a"}' } }]);
    const [call] = (answer?.content ?? []) as { id: string }[];
    await ask([
      { role: "system", content: "Terse." },
      question,
      { role: "assistant", content: null, tool_calls: answer?.content },
      { role: "tool", tool_call_id: call?.id, content: "text of a" },
    ]);
    await recorded();
    expect(said(await messagesOf(thread?.id ?? ""))).toEqual([
      "system: Terse. (tools)",
      `user: ${question.content}`,
      "assistant: (function)",
      "tool: (tool_result)",
      "assistant: Done.",
    ]);
  });

  test("responses, streamed, with reasoning and a tool", async () => {
    const input: object[] = [
      { type: "message", role: "user", content: [{ type: "input_text", text: "[[think so]] [[tool read {}]] [[say Done.]]" }] },
    ];
    const ask = async () => {
      const body = {
        instructions: "You code.",
        input,
        stream: true,
        tools: [{ type: "function", name: "read", parameters: {} }],
      };
      const answer = await post({ path: "/v1/responses", headers: codex, body });
      for await (const { data } of new SseReader(answer)) {
        const event = JSON.parse(data || "{}") as { type?: string; item?: { type: string; call_id?: string } };
        if (event.type !== "response.output_item.done" || !event.item) continue;
        input.push(event.item);
        if (event.item.type === "function_call")
          input.push({ type: "function_call_output", call_id: event.item.call_id, output: "x" });
      }
      return answer.headers.get("x-millrace-thread");
    };
    const thread = await ask();
    await ask();
    await recorded();
    expect(said(await messagesOf(thread ?? ""))).toEqual([
      "system: You code. (tools)",
      "user: [[think so]] [[tool read {}]] [[say Done.]]",
      "assistant: (reasoning) (function_call)",
      "tool: (function_call_output)",
      "assistant: Done.",
    ]);
    expect((await threadsOf("codex")).map(({ id }) => id)).toEqual([thread ?? ""]);
  });
});

test("a conversation whose past the provider keeps is one thread too", async () => {
  const headers = { "user-agent": "stored-sdk/1" };
  let previous: string | undefined;
  for (const input of ["[[say One.]]", "[[say Two.]]"]) {
    const more = previous === undefined ? {} : { previous_response_id: previous };
    const answer = await post({ path: "/v1/responses", headers, body: { input, ...more } });
    previous = ((await answer.json()) as { id: string }).id;
    await recorded();
  }
  const found = await threadsOf("stored-sdk");
  expect(found).toHaveLength(1);
  expect(said(await messagesOf(found[0]?.id ?? ""))).toEqual([
    "user: [[say One.]]",
    "assistant: One.",
    "user: [[say Two.]]",
    "assistant: Two.",
  ]);
});

test("an answer whose reader left is kept as far as it came, and seen while it is written", async () => {
  const headers = { "x-claude-code-session-id": "session-left" };
  const leave = new AbortController();
  const messages = [user("[[pace 20]] [[words 2000]]")];
  const answer = await post({ headers, body: { messages, stream: true }, signal: leave.signal });
  const thread = answer.headers.get("x-millrace-thread") ?? "";
  const reading = (async () => {
    for await (const _ of new SseReader(answer)) {
      // Until it is left.
    }
  })().catch(() => {});
  const live = new AbortController();
  let events: Response;
  // The thread begins with the first of the answer that is written down.
  do events = await fetch(`${millrace.url}/api/threads/${thread}/events`, { signal: live.signal });
  while (events.status === 404);
  expect(events.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  let shown = "";
  let last: { kind: string; message?: WireMessage } | undefined;
  for await (const { data, comment } of new SseReader(events)) {
    if (comment !== undefined) continue;
    const event = JSON.parse(data) as { kind: string; from: number; text: string; message?: WireMessage };
    if (event.kind === "draft") {
      shown = shown.slice(0, event.from) + event.text;
      if (shown.length > 40) leave.abort();
    }
    last = event;
    if (event.message?.role === "assistant") break;
  }
  await reading;
  expect(last?.message?.mark).toBe("aborted");
  const [block] = (last?.message?.content ?? []) as { text: string }[];
  expect(block?.text.startsWith(shown)).toBe(true);
  await recorded();
  const page = await get<WireMessagePage>(`/api/threads/${thread}/messages`);
  expect([page.drafts, (page.messages.at(-1) as WireMessage).mark]).toEqual([[], "aborted"]);
});

test("secrets are taken out, titles come from the assistant's own call, side work is no conversation", async () => {
  const headers = { "x-claude-code-session-id": "session-named" };
  await turn([user("My key is sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAA and BADGE-ABCDEF12. [[say Fine.]]")], { headers });
  const named = await turn([user("[[say Keys and badges]]")], {
    headers,
    body: { system: "Generate a concise title for this conversation.", tools: [] },
  });
  await turn([user("quota")], { headers, body: { max_tokens: 1 } });
  await recorded();
  const found = await get<WireThread>(`/api/threads/${named.thread}`);
  expect([found.title, found.messages]).toEqual(["Keys and badges", 3]);
  const text = JSON.stringify(await messagesOf(found.id));
  expect(text).not.toContain("AAAAAAAA");
  expect(text).not.toContain("ABCDEF12");
  expect(text).toContain("[redacted: badge]");
});

test("what was refused, or never answered, begins no thread", async () => {
  const headers = { "user-agent": "refused-sdk/1" };
  expect((await post({ headers, body: { messages: [user("[[error 400]]")] } })).status).toBe(400);
  await recorded();
  expect(await threadsOf("refused-sdk")).toEqual([]);
});

test("a live view goes on after `Last-Event-ID`, and is not shown to others", async () => {
  const headers = { "x-claude-code-session-id": "session-live" };
  const { thread } = await turn([user("[[say One.]]")], { headers });
  await recorded();
  const read = async (after: string | undefined, until: number) => {
    const leave = new AbortController();
    const sent = after === undefined ? {} : { "last-event-id": after };
    const answer = await fetch(`${millrace.url}/api/threads/${thread}/events`, { headers: sent, signal: leave.signal });
    const seen: number[] = [];
    let id = "";
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; seen.length < until; ) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      text += value;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        id = /^id: (.*)$/m.exec(event)?.[1] ?? id;
        const sequence = /"sequence":(\d+)/.exec(event)?.[1];
        if (event.includes("event: message") && sequence) seen.push(Number(sequence));
      }
    }
    leave.abort();
    return { seen, id };
  };
  const first = await read(undefined, 3);
  expect(first.seen).toEqual([1, 2, 3]);
  await turn([user("[[say One.]]"), { role: "assistant", content: "One." }, user("[[say Two.]]")], { headers });
  expect((await read(first.id, 2)).seen).toEqual([4, 5]);
  expect((await fetch(`${millrace.url}/api/threads/t_none/events`)).status).toBe(404);
});

test("a tenant of which nothing is recorded has no threads, and one that refuses says so", async () => {
  const quiet = await startMillrace({ config: { upstreams: upstreamsAt(model.url), threads: { record: "off" } } });
  const answer = await fetch(`${quiet.url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-claude-code-session-id": "s" },
    body: JSON.stringify({ model: "m", max_tokens: 10, messages: [user("[[say Hi.]]")] }),
  });
  expect([answer.status, answer.headers.has("x-millrace-thread")]).toEqual([200, false]);
  expect((await (await fetch(`${quiet.url}/api/threads`)).json()) as object).toEqual({ threads: [] });
  await quiet.stop();
});
