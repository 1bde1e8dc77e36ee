// Codex through Millrace: as a provider of the user's own, and as the built-in one, which asks for a WebSocket first.

import { describe, expect, test } from "bun:test";
import { beRefused, type Client, converse } from "./conversation.ts";
import { installClient } from "./install-client.ts";

const CASE_MS_MAX = 300_000;

const { title, program } = await installClient({
  title: "Codex",
  packageName: "@openai/codex",
  programs: "@openai/codex-*/vendor/*/bin/codex{,.exe}",
});

function client(keyVariable: string, settings: (url: string) => string[], more: Record<string, string> = {}): Client {
  return {
    program: program ?? "",
    command: ({ url, key, prompt, continues }) => ({
      args: [
        ...["exec", "--sandbox", "danger-full-access", "-c", 'model="gpt-5.5"'],
        ...settings(url).flatMap((setting) => ["-c", setting]),
        ...(continues ? ["resume", "--last"] : []),
        prompt,
      ],
      env: { [keyVariable]: key, ...more },
    }),
  };
}

const ownProvider = client("MILLRACE_KEY", (url) => [
  'model_provider="millrace"',
  `model_providers.millrace={name="Millrace",base_url="${url}/v1",env_key="MILLRACE_KEY",wire_api="responses"}`,
]);
const builtIn = client("CODEX_API_KEY", (url) => [`openai_base_url="${url}/v1"`], {
  RUST_LOG: "codex_api=error,codex_core::client=warn",
});

const toolCall = (file: string) => ({ tool: "exec_command", arguments: { cmd: `cat ${file}` } });

describe.skipIf(!program)(title, () => {
  test.each([{ authRequired: false }, { authRequired: true }])(
    "two turns with a provider of its own, token required: $authRequired",
    async ({ authRequired }) => {
      await converse(ownProvider, { toolCall, endpoint: "responses", authRequired });
    },
    CASE_MS_MAX,
  );

  test(
    "two turns with the built-in provider, which is sent from its WebSocket to HTTP at once",
    async () => {
      const turns = await converse(builtIn, { toolCall, endpoint: "responses" });
      for (const { err } of turns) {
        expect(err).toContain("failed to connect to Responses WebSocket");
        expect(err).toContain("falling back to HTTP");
        expect(err).not.toMatch(/reconnecting|retrying/i);
      }
    },
    CASE_MS_MAX,
  );

  test(
    "a wrong key ends the turn after Codex's own tries, and says what to do",
    async () => {
      expect((await beRefused(ownProvider)).length).toBeWithin(1, 10);
    },
    CASE_MS_MAX,
  );
});
