// Claude Code through Millrace: bearer token and API key, open and closed doors, and how it takes refusals.

import { describe, expect, test } from "bun:test";
import { beRefused, type Client, callsIn, converse, speak } from "./conversation.ts";
import { installClient } from "./install-client.ts";
import { inWorkshop } from "./workshop.ts";

const CASE_MS_MAX = 300_000;

const { title, program } = await installClient({
  title: "Claude Code",
  packageName: "@anthropic-ai/claude-code",
  programs: "@anthropic-ai/claude-code-*/claude{,.exe}",
});

const client = (keyVariable: string): Client => ({
  program: program ?? "",
  command: ({ url, key, prompt, continues }) => ({
    args: [...(continues ? ["-c"] : []), "-p", prompt, "--allowedTools", "Bash", "Read"],
    env: { ANTHROPIC_BASE_URL: url, [keyVariable]: key, ...QUIET },
  }),
});

/** No calls to anybody but the base URL. */
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" };
const bash = (file: string) => ({ tool: "Bash", arguments: { command: `cat ${file}`, description: "Reads the file" } });
const read = (file: string) => ({ tool: "Read", arguments: { file_path: file } });

describe.skipIf(!program)(title, () => {
  test.each([
    { keyVariable: "ANTHROPIC_AUTH_TOKEN", authRequired: false, toolCall: bash },
    { keyVariable: "ANTHROPIC_AUTH_TOKEN", authRequired: true, toolCall: read },
    { keyVariable: "ANTHROPIC_API_KEY", authRequired: false, toolCall: read },
    { keyVariable: "ANTHROPIC_API_KEY", authRequired: true, toolCall: bash },
  ])(
    "two turns with $keyVariable, token required: $authRequired",
    async ({ keyVariable, ...options }) => {
      await converse(client(keyVariable), { ...options, endpoint: "messages" });
    },
    CASE_MS_MAX,
  );

  test(
    "a wrong key ends the turn at once, and says what to do",
    async () => {
      expect(await beRefused(client("ANTHROPIC_AUTH_TOKEN"))).toHaveLength(1);
    },
    CASE_MS_MAX,
  );

  test(
    "an overloaded upstream ends the turn after a few tries, with the reason",
    () =>
      inWorkshop({ authRequired: false }, async (workshop) => {
        const turn = { key: "dummy", prompt: "[[error 529]]", continues: false };
        const ended = await speak(workshop, client("ANTHROPIC_AUTH_TOKEN"), turn);
        expect(ended.code).toBe(1);
        expect(ended.out).toContain("529");
        const calls = callsIn(await workshop.log());
        expect(calls.length).toBeWithin(2, 5);
        for (const call of calls)
          expect(call).toMatchObject({ status: 529, outcome: "upstream_error", session: calls[0]?.session });
      }),
    CASE_MS_MAX,
  );
});
