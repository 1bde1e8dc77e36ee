import { expect, test } from "bun:test";
import { loadConfig } from "../server/index.ts";
import { startBlock } from "./start-block.ts";

const URL = "http://127.0.0.1:7878";
const blockOf = (file: object, env: Record<string, string> = {}) =>
  startBlock(loadConfig({ env, directory: "/app", readFile: () => JSON.stringify(file) }), URL, "1.2.3");

test("on a fresh machine: address, data, the scripted model, who may call, how to use it", () => {
  expect(blockOf({})).toBe(
    [
      "Millrace 1.2.3 listens on http://127.0.0.1:7878",
      "  data            /app/data",
      "  configuration   /app/millrace.config.json",
      "  scripted model  answers, because there is no upstream; set ANTHROPIC_API_KEY or OPENAI_API_KEY for a real model",
      "  authentication  none; only this machine can call",
      "  Claude Code     ANTHROPIC_BASE_URL=http://127.0.0.1:7878 ANTHROPIC_AUTH_TOKEN=any claude",
    ].join("\n"),
  );
});

test("with provider keys: the upstreams, never the keys", () => {
  const block = blockOf({}, { ANTHROPIC_API_KEY: "sk-1", OPENAI_API_KEY: "sk-2" });
  expect(block).toContain("anthropic: anthropic at https://api.anthropic.com");
  expect(block).toContain("openai: openai at https://api.openai.com/v1");
  expect(block).not.toContain("scripted model");
  expect(block).not.toContain("sk-");
});

test("with authentication: a token is needed; with the caller's own key: none is to be set", () => {
  expect(blockOf({ auth: { required: true } })).toContain("ANTHROPIC_AUTH_TOKEN=YOUR_TOKEN claude");
  const upstreams = [{ name: "a", dialect: "anthropic", baseUrl: "https://h", credential: "passthrough" }];
  expect(blockOf({ upstreams })).toContain("ANTHROPIC_BASE_URL=http://127.0.0.1:7878 claude");
});
