import { describe, expect, test } from "bun:test";
import { anthropic } from "./dialects/anthropic/anthropic.ts";
import type { Dialect, Endpoint } from "./dialects/dialect.ts";
import { openai } from "./dialects/openai/openai.ts";
import type { Exchange } from "./exchange.ts";
import { priorityOf } from "./request-class.ts";

function ranked(
  headers: Record<string, string>,
  body: object = {},
  dialect: Dialect = anthropic,
  endpoint: Endpoint = "messages",
) {
  return priorityOf({ call: { headers: new Headers(headers) }, dialect, endpoint, facts: { json: body } } as unknown as Exchange);
}

const tools = [{ name: "read" }];
const claude = { "x-claude-code-session-id": "s1" };

describe("priorityOf", () => {
  test("what the client names counts, before everything else", () => {
    for (const priority of ["critical", "high", "normal", "low"] as const) {
      expect(ranked({ ...claude, "x-millrace-priority": priority })).toBe(priority);
    }
    expect(ranked({ "x-millrace-priority": "urgent" })).toBeUndefined();
  });

  test("a person's turn is high, the assistant's other work is not", () => {
    expect(ranked(claude, { tools })).toBe("high");
    expect(ranked({ ...claude, "x-claude-code-agent-id": "a1" }, { tools })).toBe("normal");
    expect(ranked({ ...claude, "x-claude-code-compaction": "auto" }, { tools })).toBe("normal");
    expect(ranked({ "x-session-id": "ses_1" }, { tools }, openai, "chat_completions")).toBe("high");
    expect(ranked({ "x-session-id": "ses_2", "x-parent-session-id": "ses_1" }, { tools }, openai, "chat_completions")).toBe(
      "normal",
    );
    expect(ranked({ "thread-id": "t" }, { tools }, openai, "responses")).toBe("high");
    expect(ranked({ "thread-id": "t", "x-openai-subagent": "review" }, { tools }, openai, "responses")).toBe("normal");
    expect(ranked({ "thread-id": "t", "x-codex-turn-metadata": '{"request_kind":"turn"}' }, { tools }, openai, "responses")).toBe(
      "high",
    );
    expect(
      ranked({ "thread-id": "t", "x-codex-turn-metadata": '{"request_kind":"compact"}' }, { tools }, openai, "responses"),
    ).toBe("normal");
  });

  test("the class that Claude Code names counts before what it would be taken for", () => {
    const classes = { main: "high", subagent: "normal", workflow: "normal", compaction: "normal", auxiliary: "low" } as const;
    for (const [name, priority] of Object.entries(classes)) {
      expect(ranked({ ...claude, "x-claude-code-request-class": name }, { tools })).toBe(priority);
    }
    expect(ranked({ ...claude, "x-claude-code-request-class": "new-kind" }, { tools })).toBe("high");
  });

  test("titles come last, in every API", () => {
    const schema = { type: "object", properties: { title: { type: "string" } } };
    expect(ranked(claude, { tools: [], output_config: { format: { type: "json_schema", schema } } })).toBe("low");
    expect(ranked(claude, { tools, output_config: { format: { type: "json_schema", schema } } })).toBe("high");
    const generator = "You are a title generator. You output ONLY a thread title.";
    expect(ranked({ "x-session-id": "s" }, { system: [{ type: "text", text: generator }] })).toBe("low");
    const messages = [{ role: "system", content: generator }];
    expect(ranked({ "x-session-id": "s" }, { messages }, openai, "chat_completions")).toBe("low");
    expect(ranked({ "x-session-id": "s" }, { instructions: generator }, openai, "responses")).toBe("low");
    expect(ranked({}, { system: "You help editors. Headings and titles matter." })).toBe("normal");
  });

  test("programs without a session are normal, and patient tiers low", () => {
    expect(ranked({}, { tools })).toBe("normal");
    expect(ranked({ "x-millrace-session": "nightly" })).toBe("normal");
    expect(ranked({}, { service_tier: "flex" }, openai, "responses")).toBe("low");
  });
});
