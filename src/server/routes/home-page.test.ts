// The page at `/` as text: what it says, to whom, and that nothing a stranger sent becomes markup.

import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../base/index.ts";
import type { CallRecord } from "../../gateway/index.ts";
import { loadConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { observation } from "../observe.ts";
import { homePage } from "./home-page.ts";

const ENV = { ANTHROPIC_KEY: "sk-never-shown" };
const CALL: CallRecord = {
  ...{ id: "019aaf00-0000-7000-8000-000000000001", dialect: "anthropic", endpoint: "messages", model: "claude-x", stream: true },
  ...{ upstreamModel: "claude-y", upstream: "north", tenant: "acme", team: "compilers", user: "ada-lovelace", session: "talk" },
  ...{ status: 200, outcome: "ok", reason: undefined, cache: "hit", bytesIn: 10, bytesOut: 20, totalMs: 3406, gatewayMs: 1 },
  ...{ priority: "high", queuedMs: 0, attempts: 1 },
  ...{ usage: { input: 10, cacheRead: 990, cacheWrite: 0, output: 7 }, firstByteMs: 412 },
};

function shown(content: object, { calls = [] as CallRecord[], path = "/", url = "http://localhost:7878", headers = {} } = {}) {
  const config = loadConfig({ path: "x.json", directory: "/", env: ENV, readFile: () => JSON.stringify(content) });
  const clock = new VirtualClock();
  const observed = observation(clock, createLog({ clock, level: "silent", format: "json", out: () => {} }));
  for (const record of calls) observed.observe(record);
  observed.stop();
  const request = new Request(`${url}${path}`, { headers });
  const options = { config, version: "1.2.3", observation: observed, gateway: { openCalls: 3 } };
  return homePage(options, request);
}

const UPSTREAM = { name: "north", dialect: "anthropic", baseUrl: "https://models.internal", credential: "env:ANTHROPIC_KEY" };
const LOCKED = { auth: { required: true } };

describe("calls", () => {
  test("one is a row with what became of it", async () => {
    const text = await shown({}, { calls: [CALL] }).text();
    const row = /<tr data-call[\s\S]*?<\/tr>/.exec(text)?.[0].replace(/<[^>]+>/g, " ") ?? "";
    for (const part of ["claude-x", "as  claude-y", "north", "OK", "Hit", "1,000", "990 from prefix", "412 ms", "3.41 s"])
      expect(row).toContain(part);
    expect(text).toContain(`datetime="${new Date(0x019aaf000000).toISOString()}"`);
  });

  test("names from clients stay text, and are cut where they are long", async () => {
    const hostile = [`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'); alert(1)`, "m".repeat(100_000)];
    const calls = hostile.map((model, index) => ({
      ...CALL,
      id: `${CALL.id.slice(0, -1)}${index}`,
      model,
      upstreamModel: model,
    }));
    const text = await shown({}, { calls }).text();
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/<img|onerror=alert\(1\)>/);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).not.toContain("m".repeat(81));
  });

  test("identities and sessions are never told", async () => {
    const text = await shown({}, { calls: [CALL] }).text();
    for (const secret of ["acme", "compilers", "lovelace", "talk"]) expect(text).not.toContain(secret);
  });

  test("where authentication is required there are totals, and nothing of one call", async () => {
    for (const path of ["/", "/?live"]) {
      const text = await shown({ ...LOCKED, upstreams: [UPSTREAM] }, { calls: [CALL, CALL], path }).text();
      for (const hidden of ["claude-x", "claude-y", "north", "models.internal", CALL.id, "<table"])
        expect(text).not.toContain(hidden);
      expect(text).toContain(' data-calls="2">2</strong>');
    }
  });

  test("the changing part comes alone", async () => {
    const text = await shown({}, { calls: [CALL], path: "/?live" }).text();
    expect(text).toStartWith('<section id="live"');
    expect(text).toContain(CALL.id);
  });
});

describe("instructions", () => {
  const code = (text: string) => [...text.matchAll(/<pre[^>]*><code>([\s\S]*?)<\/code>/g)].map(([, found]) => found).join("\n");

  test("are filled in with the address that the caller used", async () => {
    const at = async (url: string, headers = {}) => code(await shown({}, { url, headers }).text());
    expect(await at("http://127.0.0.1:9000")).toContain("ANTHROPIC_BASE_URL=http://127.0.0.1:9000\n");
    expect(await at("http://millrace.example", { "x-forwarded-proto": "https" })).toContain("=https://millrace.example\n");
    expect(await at("http://$(reboot).example")).not.toContain("reboot");
  });

  test("name a token where one is needed, the caller's own key where it is passed on, and never a secret", async () => {
    const whole = { ...UPSTREAM, credential: "passthrough" };
    expect(code(await shown(LOCKED).text())).toContain("ANTHROPIC_AUTH_TOKEN=YOUR_MILLRACE_TOKEN");
    expect(code(await shown({ upstreams: [whole] }).text())).toContain("ANTHROPIC_AUTH_TOKEN=YOUR_ANTHROPIC_KEY");
    expect(await shown({ upstreams: [UPSTREAM] }).text()).not.toContain("sk-never-shown");
  });

  test("name a model that is served, if its name is plain", async () => {
    const serving = async (models: string[]) => code(await shown({ upstreams: [{ ...UPSTREAM, models }] }).text());
    expect(await serving(["claude-*"])).toContain("&quot;claude-sonnet-4-5&quot;");
    expect(await serving(["qwen-*", "qwen-4"])).toContain("&quot;qwen-4&quot;");
    expect(await serving(["'; reboot"])).toContain("&quot;YOUR_MODEL&quot;");
  });

  test("say which assistants no upstream here can answer", async () => {
    const text = await shown({ upstreams: [UPSTREAM] }).text();
    expect(text).toContain("Codex speaks the OpenAI API, and no upstream here does.");
    expect(text).not.toContain("Claude Code speaks");
    expect(text).toMatch(/value="Claude Code" checked/);
  });
});

test("only the page's own style and script may run, and no other site may frame or read it", async () => {
  const answer = shown({});
  const text = await answer.text();
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const element of ["style", "script"]) {
    const content = new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`).exec(text)?.[1] ?? "";
    const hash = new Bun.CryptoHasher("sha256").update(content).digest("base64");
    expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
  }
  expect(policy).toStartWith("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  expect(text).not.toMatch(/(?:src|href)="(?!\/|data:)/);
  expect(text).not.toMatch(/ style=| on\w+=/);
});
