// The pages written by hand say what the code does: docs/reference/http.md and metrics.md against a running server and
// its source, the guide's commands, messages and configurations against the program, and every link against the folder.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock, systemRandom, uuidv7Source } from "../src/base/index.ts";
import { createGateway, fetchTransport, type RefusalKind } from "../src/gateway/index.ts";
import { loadConfig } from "../src/server/index.ts";
import { API_ERRORS, apiRoutes } from "../src/wire/index.ts";
import { type Millrace, startMillrace } from "./kit/millrace.ts";

const ROOT = join(import.meta.dir, "..");
const read = (path: string) => Bun.file(join(ROOT, path)).text();
const filesOf = (pattern: string) =>
  [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })].filter((path) => !path.endsWith(".test.ts"));

const http = await read("docs/reference/http.md");
const metrics = await read("docs/reference/metrics.md");
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesOf("docs/**/*.md"),
  ...filesOf("src/**/*.md"),
];
const sources = await Promise.all(["bin/*.js", "src/**/*.ts"].flatMap(filesOf).map(read));

let millrace: Millrace;
beforeAll(async () => {
  const workspaces = [{ id: "docs", path: join(ROOT, "docs") }];
  const projects = [{ id: "docs" }];
  const scripted = { pace: { firstTokenMs: 0, tokensPerSecond: 0 } };
  millrace = await startMillrace({ config: { scripted, workspaces, projects } });
});
afterAll(() => millrace.stop());

const routes = [...http.matchAll(/^\| `(GET|POST) (?!\/api\/)(\/\S*)` \| (.+?) \|$/gm)].map(
  ([, method = "", path = "", meaning = ""]) => ({
    method,
    path,
    meaning,
  }),
);

describe("routes of http.md", () => {
  test("are all that the source names", async () => {
    const source = (await read("src/server/http.ts")) + (await read("src/server/routes/pages.ts"));
    const named = [...source.matchAll(/"(\/|(?:\/[a-z0-9_]+)+)"/g)].map(([, path = ""]) => path);
    expect(routes.length).toBeGreaterThan(5);
    expect([...new Set(named)].sort()).toEqual(routes.map(({ path }) => path).sort());
  });

  test.each(routes)("$method $path takes that method and no other, in that dialect", async ({ method, path, meaning }) => {
    const other = method === "GET" ? "POST" : "GET";
    const right = await fetch(millrace.url + path, { method });
    const wrong = await fetch(millrace.url + path, { method: other });
    expect([404, 405]).not.toContain(right.status);
    expect([wrong.status, wrong.headers.get("allow")?.split(", ")[0]]).toEqual([405, method]);
    const inAnthropic = (await wrong.text()).startsWith('{"type":"error"');
    expect(inAnthropic).toBe(meaning === "anthropic");
  });
});

test("headers of http.md are all that the source names", () => {
  const inCode = new Set(sources.flatMap((source) => [...source.matchAll(/"(x-millrace-[a-z-]+)"/g)].map(([, name]) => name)));
  const onPage = new Set([...http.matchAll(/`(x-millrace-[a-z]+(?:-[a-z]+)*)`/g)].map(([, name]) => name));
  expect(inCode.size).toBeGreaterThan(4);
  expect([...onPage].sort()).toEqual([...inCode].sort());
});

/** Held complete by the type check. */
const KINDS = {
  invalid_request: true,
  authentication: true,
  permission: true,
  not_found: true,
  method_not_allowed: true,
  body_timeout: true,
  too_large: true,
  unsupported_media: true,
  upgrade_required: true,
  rate_limited: true,
  internal: true,
  upstream_unreachable: true,
  overloaded: true,
  upstream_timeout: true,
} as const satisfies Record<RefusalKind, true>;

test("refusals of http.md are those of the gateway, word for word", () => {
  const gateway = createGateway({
    clock: systemClock,
    ids: uuidv7Source(systemClock, systemRandom),
    upstreams: [
      {
        ...{ name: "none", dialect: "openai", baseUrl: "http://none.invalid", models: ["*"], aliases: {}, headers: {} },
        credential: { kind: "none" },
        affinity: "session",
        transport: fetchTransport(() => Promise.reject(new Error("Nobody is asked."))),
      },
    ],
    limits: { ...millrace.config.limits, openAfterMs: 1 },
    identify: { authenticate: () => ({ refused: "permission", message: "" }) },
    recall: undefined,
    observe: () => {},
    report: () => {},
  });
  const json = (bytes: unknown) => JSON.parse(new TextDecoder().decode(bytes as Uint8Array)) as { error: Record<string, string> };
  const rows = (Object.keys(KINDS) as RefusalKind[]).map((kind) => {
    const anthropic = gateway.refuse("anthropic", kind, "");
    const openai = gateway.refuse("openai", kind, "");
    const words = [json(anthropic.body).error.type, json(openai.body).error.type, json(openai.body).error.code];
    const retryAfter = openai.headers.get("retry-after");
    expect(anthropic.status).toBe(openai.status);
    return `| \`${kind}\` | ${openai.status} | ${words.map((word) => `\`${word}\``).join(" | ")} | ${retryAfter === null ? "" : `${retryAfter} `}|`;
  });
  const onPage = http.split("\n").filter((line) => /^\| `\w+` \| \d{3} \|/.test(line));
  expect(onPage).toEqual(rows);
});

test("threads in http.md are the routes and errors of /api", () => {
  const rows = Object.values(apiRoutes).map(({ method, path, summary }) => `| \`${method} ${path}\` | ${summary} |`);
  expect(http.split("\n").filter((line) => line.includes("`") && line.includes(" /api/") && line.startsWith("| "))).toEqual(rows);
  for (const [code, status] of Object.entries(API_ERRORS)) expect(http).toMatch(new RegExp(`\`${code}\`\\s+${status}`));
});

test("metrics.md lists what a server registers: name, type, labels, meaning", async () => {
  for (const content of ["one", "one"]) {
    const body = JSON.stringify({ model: "m", max_tokens: 5, temperature: 0, messages: [{ role: "user", content }] });
    await fetch(`${millrace.url}/v1/messages`, { method: "POST", body, headers: { "content-type": "application/json" } });
  }
  const text = await (await fetch(`${millrace.url}/metrics`)).text();
  const rows = [...metrics.matchAll(/^\| `(millrace_\w+)` \| (\w+) \| (.*)\| (.+) \|$/gm)].map(
    ([, name = "", type, labels = "", meaning]) => ({
      ...{ name, type, meaning },
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }),
  );
  const listed = new Map(rows.map(({ name, ...row }) => [name, row]));
  const registered = [...text.matchAll(/^# HELP (\w+) (.+)\n# TYPE \w+ (\w+)$/gm)];
  expect([...listed.keys()].sort()).toEqual(registered.map(([, name = ""]) => name).sort());
  for (const [, name = "", help, type] of registered) {
    expect({ name, type: listed.get(name)?.type, meaning: listed.get(name)?.meaning }).toEqual({ name, type, meaning: help });
    const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, "m").exec(text);
    if (sample === null) continue; // Nothing fell short, so the two families that tell of it have no series.
    const labels = [...(sample[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label);
    expect([name, listed.get(name)?.labels]).toEqual([name, labels]);
  }
});

test("the README's curl is answered twice: a miss, then a hit", async () => {
  const [, path = "", body = ""] =
    /curl -si http:\/\/127\.0\.0\.1:7878(\S+) [\s\S]*?-d '(.+)'/.exec(await read("README.md")) ?? [];
  const outcomes: unknown[] = [];
  for (const _turn of [1, 2]) {
    const answer = await fetch(millrace.url + path, { method: "POST", body, headers: { "content-type": "application/json" } });
    outcomes.push(answer.headers.get("x-millrace-cache"), answer.headers.has("age"), answer.headers.has("x-millrace-usage"));
  }
  expect(outcomes).toEqual(["miss", false, false, "hit", true, true]);
});

test("every configuration in the guide is accepted", async () => {
  const blocks: string[] = [];
  for (const path of filesOf("docs/guide/*.md")) {
    for (const [, block = ""] of (await read(path)).matchAll(/^```json\n([\s\S]+?)^```$/gm)) blocks.push(block);
  }
  const own = blocks.filter((block) => !("$schema" in JSON.parse(block)));
  expect(own.length).toBeGreaterThan(2);
  for (const block of own) {
    const env = Object.fromEntries([...block.matchAll(/"env:(\w+)"/g)].map(([, name = ""]) => [name, "0".repeat(40)]));
    expect(() => loadConfig({ path: "guide.json", directory: ROOT, env, readFile: () => block })).not.toThrow();
  }
});

test("the messages of the troubleshooting page are the program's own", async () => {
  const page = await read("docs/guide/troubleshooting.md");
  const headings = [...page.matchAll(/^### (.+)$/gm)]
    .map(([, heading = ""]) => heading)
    .filter((heading) => !heading.startsWith("Errors in"));
  const unspaced = (text: string) => text.replaceAll("\\`", "`");
  const code = sources.map(unspaced);
  expect(headings.length).toBeGreaterThan(15);
  for (const message of headings.flatMap((heading) => heading.split(" · "))) {
    const parts = message
      .split("…")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    expect([message, code.some((source) => parts.every((part) => source.includes(part)))]).toEqual([message, true]);
  }
});

test.each(pages)("links of %s lead somewhere", async (path) => {
  const page = await read(path);
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  for (const [, link = ""] of page.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    expect([link, existsSync(join(ROOT, target))]).toEqual([link, true]);
    if (anchor === undefined) continue;
    const anchors = [...(await read(target)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));
    expect([link, anchors.includes(anchor)]).toEqual([link, true]);
  }
});
