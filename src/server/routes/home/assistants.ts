// How each assistant is pointed at this server, as data: what to write where. Every text here is one to be copied, so it
// holds nothing but what the page was asked with. Whether an upstream is there to answer is not known here.

import type { DialectName } from "../../../gateway/index.ts";

export interface Pointing {
  /** Without a slash at the end. */
  readonly origin: string;
  /** What stands where the key goes. */
  readonly key: Readonly<Record<DialectName, string>>;
  /** A model that this server serves. */
  readonly model: Readonly<Record<DialectName, string>>;
}

export interface Assistant {
  readonly name: string;
  /** The model API it calls here. */
  readonly dialect: DialectName;
  readonly steps: readonly Step[];
}

interface Step {
  readonly where: string;
  readonly code: string;
}

/** @param speaks the dialects that are served: an assistant that can speak either is given one of them. */
export function assistants(pointing: Pointing, speaks: ReadonlySet<DialectName>): Assistant[] {
  const either: DialectName = speaks.has("openai") || !speaks.has("anthropic") ? "openai" : "anthropic";
  return [
    { name: "Claude Code", dialect: "anthropic", steps: claudeCode(pointing) },
    { name: "Codex", dialect: "openai", steps: codex(pointing) },
    { name: "opencode", dialect: either, steps: [{ where: "In opencode.json", code: opencode(pointing, either) }] },
    { name: "Cline", dialect: "openai", steps: cline(pointing) },
    { name: "Continue", dialect: either, steps: [{ where: "In ~/.continue/config.yaml", code: continueDev(pointing, either) }] },
    { name: "aider", dialect: either, steps: [{ where: "In a terminal", code: aider(pointing, either) }] },
    { name: "Anthropic SDK", dialect: "anthropic", steps: anthropicSdk(pointing) },
    { name: "OpenAI SDK", dialect: "openai", steps: openaiSdk(pointing) },
    { name: "Vercel AI SDK", dialect: either, steps: [{ where: "TypeScript", code: aiSdk(pointing, either) }] },
    { name: "curl", dialect: either, steps: [{ where: "In a terminal", code: curl(pointing, either) }] },
  ];
}

const lines = (...parts: string[]) => parts.join("\n");

const claudeCode = ({ origin, key }: Pointing): Step[] => [
  {
    where: "In a terminal",
    code: lines(`export ANTHROPIC_BASE_URL=${origin}`, `export ANTHROPIC_AUTH_TOKEN=${key.anthropic}`, "claude"),
  },
  {
    where: "Or for good, in ~/.claude/settings.json",
    code: JSON.stringify({ env: { ANTHROPIC_BASE_URL: origin, ANTHROPIC_AUTH_TOKEN: key.anthropic } }, null, 2),
  },
];

const codex = ({ origin, key, model }: Pointing): Step[] => [
  {
    where: "In ~/.codex/config.toml",
    code: lines(
      `model = "${model.openai}"`,
      'model_provider = "millrace"',
      "",
      "[model_providers.millrace]",
      'name = "Millrace"',
      `base_url = "${origin}/v1"`,
      'env_key = "MILLRACE_KEY"',
      'wire_api = "responses"',
    ),
  },
  { where: "In a terminal", code: lines(`export MILLRACE_KEY=${key.openai}`, "codex") },
];

function opencode({ origin, key, model }: Pointing, dialect: DialectName): string {
  const options = { baseURL: `${origin}/v1`, apiKey: key[dialect] };
  const own = { npm: "@ai-sdk/openai-compatible", name: "Millrace", options, models: { [model.openai]: {} } };
  const provider = dialect === "openai" ? { millrace: own } : { anthropic: { options } };
  const [name] = Object.keys(provider);
  return JSON.stringify({ $schema: "https://opencode.ai/config.json", model: `${name}/${model[dialect]}`, provider }, null, 2);
}

const cline = ({ origin, key, model }: Pointing): Step[] => [
  {
    where: "In a terminal",
    code: lines(
      "cline auth -p openai-compatible \\",
      `  -b ${origin}/v1 \\`,
      `  -k ${key.openai} \\`,
      `  -m ${model.openai}`,
      "cline -P openai-compatible",
    ),
  },
  { where: "In the editor: API provider “OpenAI Compatible”, with this base URL", code: `${origin}/v1` },
];

const continueDev = ({ origin, key, model }: Pointing, dialect: DialectName): string =>
  lines(
    "name: Millrace",
    "version: 1.0.0",
    "schema: v1",
    "models:",
    "  - name: Millrace",
    `    provider: ${dialect}`,
    `    model: ${model[dialect]}`,
    `    apiBase: ${origin}/v1`,
    `    apiKey: ${key[dialect]}`,
    "    roles: [chat, edit, apply]",
  );

function aider({ origin, key, model }: Pointing, dialect: DialectName): string {
  const prefix = dialect.toUpperCase();
  const base = dialect === "openai" ? `${origin}/v1` : origin;
  return lines(
    `export ${prefix}_API_BASE=${base}`,
    `export ${prefix}_API_KEY=${key[dialect]}`,
    `aider --model ${dialect}/${model[dialect]}`,
  );
}

const anthropicSdk = ({ origin, key: { anthropic: key }, model: { anthropic: model } }: Pointing): Step[] => [
  {
    where: "Python",
    code: lines(
      "from anthropic import Anthropic",
      "",
      "client = Anthropic(",
      `    base_url="${origin}",`,
      `    api_key="${key}",`,
      ")",
      "message = client.messages.create(",
      `    model="${model}",`,
      "    max_tokens=1024,",
      '    messages=[{"role": "user", "content": "Hello"}],',
      ")",
      "print(message.content)",
    ),
  },
  {
    where: "TypeScript",
    code: lines(
      'import Anthropic from "@anthropic-ai/sdk";',
      "",
      "const client = new Anthropic({",
      `  baseURL: "${origin}",`,
      `  apiKey: "${key}",`,
      "});",
      "const message = await client.messages.create({",
      `  model: "${model}",`,
      "  max_tokens: 1024,",
      '  messages: [{ role: "user", content: "Hello" }],',
      "});",
      "console.log(message.content);",
    ),
  },
];

const openaiSdk = ({ origin, key: { openai: key }, model: { openai: model } }: Pointing): Step[] => [
  {
    where: "Python",
    code: lines(
      "from openai import OpenAI",
      "",
      "client = OpenAI(",
      `    base_url="${origin}/v1",`,
      `    api_key="${key}",`,
      ")",
      "response = client.responses.create(",
      `    model="${model}", input="Hello"`,
      ")",
      "print(response.output_text)",
    ),
  },
  {
    where: "TypeScript",
    code: lines(
      'import OpenAI from "openai";',
      "",
      "const client = new OpenAI({",
      `  baseURL: "${origin}/v1",`,
      `  apiKey: "${key}",`,
      "});",
      "const response = await client.responses.create({",
      `  model: "${model}", input: "Hello",`,
      "});",
      "console.log(response.output_text);",
    ),
  },
];

function aiSdk({ origin, key, model }: Pointing, dialect: DialectName): string {
  const create = dialect === "openai" ? "createOpenAI" : "createAnthropic";
  return lines(
    `import { ${create} } from "@ai-sdk/${dialect}";`,
    'import { streamText } from "ai";',
    "",
    `const millrace = ${create}({ baseURL: "${origin}/v1", apiKey: "${key[dialect]}" });`,
    `const { textStream } = streamText({ model: millrace("${model[dialect]}"), prompt: "Hello" });`,
    "for await (const text of textStream) process.stdout.write(text);",
  );
}

function curl({ origin, key, model }: Pointing, dialect: DialectName): string {
  const messages = [{ role: "user", content: "Hello" }];
  const anthropic = dialect === "anthropic";
  const body = { model: model[dialect], ...(anthropic ? { max_tokens: 1024 } : {}), stream: true, messages };
  return lines(
    `curl -N ${origin}/v1/${anthropic ? "messages" : "chat/completions"} \\`,
    `  -H 'authorization: Bearer ${key[dialect]}' \\`,
    ...(anthropic ? ["  -H 'anthropic-version: 2023-06-01' \\"] : []),
    "  -H 'content-type: application/json' \\",
    `  -d '${JSON.stringify(body)}'`,
  );
}
