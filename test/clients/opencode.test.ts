// opencode through Millrace, by each of the three model APIs that it speaks.

import { describe, expect, test } from "bun:test";
import { beRefused, type Client, converse } from "./conversation.ts";
import { installClient } from "./install-client.ts";

const CASE_MS_MAX = 400_000;

const { title, program } = await installClient({
  title: "opencode",
  packageName: "opencode-ai",
  programs: "opencode-*/bin/opencode{,.exe}",
});

/** No calls to anybody but the base URL. */
const QUIET = { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1" };

const COMPATIBLE = {
  npm: "@ai-sdk/openai-compatible",
  models: { any: { name: "any", limit: { context: 200_000, output: 8_192 }, tool_call: true } },
};

const client = (model: string, provider: object): Client => ({
  program: program ?? "",
  command: ({ url, key, prompt, continues }) => {
    const [name = ""] = model.split("/");
    const options = { baseURL: `${url}/v1`, apiKey: key };
    const config = { autoupdate: false, share: "disabled", model, provider: { [name]: { ...provider, options } } };
    return {
      args: ["run", ...(continues ? ["-c"] : []), prompt],
      env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config), ...QUIET },
    };
  },
});

const bash = (file: string) => ({ tool: "bash", arguments: { command: `cat ${file}`, description: "Reads the file" } });
const read = (file: string) => ({ tool: "read", arguments: { filePath: file } });

describe.skipIf(!program)(title, () => {
  test.each([
    { model: "millrace/any", endpoint: "chat_completions", provider: COMPATIBLE, toolCall: bash, authRequired: false },
    { model: "millrace/any", endpoint: "chat_completions", provider: COMPATIBLE, toolCall: read, authRequired: true },
    { model: "anthropic/claude-sonnet-4-5", endpoint: "messages", provider: {}, toolCall: read, authRequired: false },
    { model: "openai/gpt-5.4", endpoint: "responses", provider: {}, toolCall: bash, authRequired: false },
  ])(
    "two turns over $endpoint, token required: $authRequired",
    async ({ model, provider, ...options }) => {
      await converse(client(model, provider), options);
    },
    CASE_MS_MAX,
  );

  test(
    "a wrong key ends the turn, and says what to do",
    async () => {
      expect((await beRefused(client("millrace/any", COMPATIBLE))).length).toBeWithin(1, 5);
    },
    CASE_MS_MAX,
  );
});
