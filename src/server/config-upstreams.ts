// The part of the configuration that names model servers: upstreams, and the built-in scripted model.
// Checks one upstream by itself; what concerns several is in config-checks.ts.

import { z } from "zod";

/** Headers that Millrace sets itself or that belong to one connection (RFC 9110, section 7.6.1). */
const HEADERS_TAKEN = new Set([
  ...["authorization", "x-api-key", "host", "content-length", "connection", "keep-alive", "proxy-authorization"],
  ...["proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
export const VARIABLE_REFERENCE = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

const model = z.string().min(1).max(200);

/** A URL's problem as "what is wrong; what to write", or undefined. Never repeats the URL: it may hold a password. */
export function urlProblem(text: string, schemes: readonly string[]): string | undefined {
  const choices = schemes.map((scheme) => `${scheme}//`).join(" or ");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !schemes.includes(url.protocol)) return `is not a URL of this kind; write one that starts with ${choices}`;
  if (url.hostname === "") return "has no host; write one after the two slashes";
  return undefined;
}

function baseUrlProblem(text: string, dialect: "anthropic" | "openai"): string | undefined {
  const problem = urlProblem(text, ["http:", "https:"]);
  if (problem) return problem;
  const url = new URL(text);
  if (url.username || url.password) return "holds a user name or password; remove it and name the key in `credential`";
  if (url.search || url.hash) return "has a query or fragment; write scheme, host and path only";
  if (dialect === "anthropic" && /\/v1\/*$/.test(url.pathname)) {
    return "ends in /v1, which this dialect adds by itself; remove /v1";
  }
  return undefined;
}

const upstream = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .meta({ words: "up to 64 letters, digits, `.`, `_` or `-`" })
      .describe("Unique name, shown in `x-millrace-upstream`, logs and metrics."),
    dialect: z.enum(["anthropic", "openai"]).describe("The model API it speaks."),
    baseUrl: z
      .string()
      .max(2000)
      .meta({ words: "http or https URL" })
      .describe("What the SDK of that dialect takes: Anthropic without `/v1`, OpenAI with it."),
    models: z.array(model).min(1).max(1000).default(["*"]).describe("Upstream model names it serves; `*` stands for any text."),
    aliases: z.record(model, model).default({}).describe("Model name of a client → model name of the upstream."),
    credential: z
      .string()
      .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|passthrough|none)$/)
      .meta({ words: "`env:NAME`, `passthrough` or `none`" })
      .default("none")
      .describe("The key sent to it: from the environment variable NAME, the caller's own, or none."),
    weight: z
      .number()
      .min(0.001)
      .max(1000)
      .default(1)
      .describe("Share of conversations and tokens among upstreams of one model."),
    seatsMax: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Most calls open to it at once; less when it pushes back. Not set: `limits.callsMax`."),
    tokensMax: z
      .int()
      .min(1000)
      .max(100_000_000_000)
      .optional()
      .describe("Most tokens of calls open to it at once; less when it pushes back. Not set: no limit until it does."),
    affinity: z
      .enum(["session", "prefix"])
      .default("session")
      .describe(
        "What keeps calls together: the conversation, or for engines of your own the longest prompt beginning they know.",
      ),
    probe: z
      .strictObject({
        model: model.describe("The model to ask: the cheapest it serves."),
        seconds: z.int().min(1).max(86_400).default(30).describe("Time between two questions, give or take a fifth."),
      })
      .optional()
      .describe(
        "Ask it for one token now and then, so that a broken one is known before a caller meets it. Not set: calls alone tell.",
      ),
    headers: z
      .record(z.string(), z.string().max(8192))
      .default({})
      .describe("Headers added to every call; a value may be `env:NAME`. Values are never printed."),
  })
  .superRefine((value, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const wrongUrl = baseUrlProblem(value.baseUrl, value.dialect);
    if (wrongUrl) problem(["baseUrl"], wrongUrl);
    if (value.probe && value.credential === "passthrough") {
      problem(["probe"], "needs a key of its own, which `passthrough` does not give; name one in `credential`, or remove it");
    }
    for (const [name, content] of Object.entries(value.headers)) {
      if (!HEADER_NAME.test(name)) problem(["headers"], "has a name that is no HTTP header name; write letters, digits and `-`");
      else if (HEADERS_TAKEN.has(name.toLowerCase())) {
        problem(["headers", name], "is set by Millrace itself; remove it (keys belong in `credential`)");
      } else if (/[^\t\x20-\x7e]/.test(content)) {
        problem(["headers", name], "holds characters that no header may hold; write plain ASCII on one line");
      }
    }
  });

export const upstreamsSection = z
  .array(upstream)
  .max(256)
  .default([])
  .describe(
    "Model servers. Without any, `ANTHROPIC_API_KEY` and `OPENAI_API_KEY` in the environment each add the provider's own; " +
      "without these too, the scripted model answers.",
  );

export const scriptedSection = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe(
        "Mount the built-in scripted model for both dialects. Not set: exactly when there is no upstream and no provider key.",
      ),
    pace: z
      .strictObject({
        firstTokenMs: z.int().min(0).max(600_000).default(400).describe("Time until its first token."),
        tokensPerSecond: z
          .number()
          .min(0)
          .max(1_000_000)
          .default(60)
          .describe("Tokens a second after that. 0: as fast as possible."),
        chunkTokens: z.int().min(1).max(10_000).default(2).describe("Tokens in one event of a stream."),
      })
      .prefault({})
      .describe("How fast it answers; the defaults are like a real model."),
  })
  .prefault({})
  .describe("The built-in model: deterministic answers, no provider needed.");
