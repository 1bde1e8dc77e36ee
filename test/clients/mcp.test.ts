// The assistants with `millrace mcp` beside their own tools: the model asks for one of Millrace's, the assistant runs it, and the model hears the answer.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Client, callsIn, speak } from "./conversation.ts";
import { type ClientPackage, installClient } from "./install-client.ts";
import { inWorkshop } from "./workshop.ts";

const CASE_MS_MAX = 300_000;
const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "millrace");
/** As `millrace mcp`, without anything that outlives the test. */
const SERVER = { command: "node", args: [LAUNCHER, "mcp", "--alone", "--no-cache"] };

interface Assistant extends ClientPackage {
  /** What the assistant calls Millrace's tool `find`. */
  readonly tool: string;
  readonly command: Client["command"];
}

const assistants: readonly Assistant[] = [
  {
    ...{ title: "Claude Code", packageName: "@anthropic-ai/claude-code", programs: "@anthropic-ai/claude-code-*/claude{,.exe}" },
    tool: "mcp__millrace__find",
    command: ({ url, key, prompt }) => ({
      args: [
        "-p",
        prompt,
        "--mcp-config",
        JSON.stringify({ mcpServers: { millrace: SERVER } }),
        "--allowedTools",
        "mcp__millrace__find",
      ],
      env: {
        ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key },
        ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" },
      },
    }),
  },
  {
    // Unattended it does not wait for servers that are not required.
    ...{ title: "Codex", packageName: "@openai/codex", programs: "@openai/codex-*/vendor/*/bin/codex{,.exe}" },
    tool: "mcp__millrace__find",
    command: ({ url, key, prompt }) => ({
      args: [
        ...["exec", "--sandbox", "danger-full-access", "-c", 'model="gpt-5.1"', "-c", 'model_provider="millrace"'],
        ...["-c", `model_providers.millrace={name="Millrace",base_url="${url}/v1",env_key="MILLRACE_KEY",wire_api="responses"}`],
        ...["-c", `mcp_servers.millrace={command="${SERVER.command}",args=${JSON.stringify(SERVER.args)},required=true}`, prompt],
      ],
      env: { MILLRACE_KEY: key },
    }),
  },
  {
    ...{ title: "opencode", packageName: "opencode-ai", programs: "opencode-*/bin/opencode{,.exe}" },
    tool: "millrace_find",
    command: ({ url, key, prompt }) => {
      const config = {
        ...{ autoupdate: false, share: "disabled", model: "anthropic/claude-sonnet-4-5" },
        provider: { anthropic: { options: { baseURL: `${url}/v1`, apiKey: key } } },
        mcp: { millrace: { type: "local", command: [SERVER.command, ...SERVER.args], enabled: true } },
      };
      return {
        args: ["run", prompt],
        env: {
          ...{ OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_AUTOUPDATE: "1" },
          ...{ OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1" },
        },
      };
    },
  },
];

for (const { tool, command, ...client } of assistants) {
  const { title, program } = await installClient(client);
  describe.skipIf(!program)(title, () => {
    test(
      "asks a tool of millrace mcp, and its model is told the answer",
      () =>
        inWorkshop({ authRequired: false }, async (workshop) => {
          writeFileSync(join(dirname(workshop.file), "mill.ts"), "export class FlourSack {}\n");
          const prompt = `Look. [[tool ${tool} ${JSON.stringify({ name: "FlourSack" })}]]`;
          const turn = { key: "dummy", prompt, continues: false };
          const ended = await speak(workshop, { program: program ?? "", command }, turn);
          expect(ended, ended.err).toMatchObject({ code: 0 });
          expect(ended.out, ended.err).toContain(`The tool ${tool} answered: `);
          expect(ended.out).toContain("mill.ts:1: class: export class FlourSack");
          for (const call of callsIn(await workshop.log())) expect(call).toMatchObject({ status: 200, outcome: "ok" });
        }),
      CASE_MS_MAX,
    );
  });
}
