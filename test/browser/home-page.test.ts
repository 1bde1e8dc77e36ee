// The page at `/` in a real browser: it says how to point an assistant here, and a call appears without a reload.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { startChromium } from "../kit/chromium.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

interface Opened {
  readonly page: Page;
  /** What the console called an error, breaches of the page's policy among them. */
  readonly problems: string[];
  /** Requests to anybody but this machine. */
  readonly foreign: string[];
}

const found = await startChromium();

if (found.kind === "missing") {
  test.skip(`skipped: the page in a browser (${found.reason})`, () => {});
} else {
  const browser = found.engine;
  let millrace: Millrace;
  let locked: Millrace;
  const contexts: BrowserContext[] = [];
  // An open page asks its server for ever.
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  beforeAll(async () => {
    const scripted = { pace: { firstTokenMs: 0, tokensPerSecond: 0 } };
    millrace = await startMillrace({ config: { scripted } });
    locked = await startMillrace({ config: { scripted, auth: { required: true } } });
  });
  afterAll(async () => {
    await browser.close();
    await millrace.stop();
    await locked.stop();
  });

  const opened = async (url: string, options: BrowserContextOptions = {}): Promise<Opened> => {
    const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
    contexts.push(context);
    const page = await context.newPage();
    const problems: string[] = [];
    const foreign: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => void problems.push(String(error)));
    page.on("request", (request) => void (/^(data:|http:\/\/127\.0\.0\.1:)/.test(request.url()) || foreign.push(request.url())));
    await page.goto(url);
    return { page, problems, foreign };
  };
  const call = (url: string, model: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
      headers: { "content-type": "application/json", ...headers },
    });

  describe("the page at /", () => {
    test("shows a new call without a reload, and a model's name as text", async () => {
      const { page, problems, foreign } = await opened(millrace.url);
      await page.evaluate(() => document.documentElement.setAttribute("data-first", "yes"));
      const model = "<script>document.title='taken'</script>";
      expect((await call(millrace.url, model)).status).toBe(200);
      const row = page.locator("tbody tr", { hasText: model });
      await row.waitFor();
      expect(await row.textContent()).toContain("OK");
      expect(await page.title()).toBe("Millrace");
      expect(await page.evaluate(() => document.documentElement.getAttribute("data-first"))).toBe("yes");
      expect([problems, foreign]).toEqual([[], []]);
    });

    test("leaves everything else as it is when a call comes: what was chosen, and the rows that were there", async () => {
      await call(millrace.url, "claude-before");
      const { page } = await opened(millrace.url);
      await page.getByText("Codex", { exact: true }).click();
      const before = await page.locator("tbody tr", { hasText: "claude-before" }).elementHandle();
      await call(millrace.url, "claude-after");
      await page.locator("tbody tr.new", { hasText: "claude-after" }).waitFor();
      expect(await before?.evaluate((row) => row.isConnected)).toBe(true);
      expect(await page.getByText("[model_providers.millrace]").isVisible()).toBe(true);
      expect(await page.getByText("ANTHROPIC_BASE_URL=").isVisible()).toBe(false);
      const totals = await page.locator("[data-calls]").textContent();
      expect(totals).toBe(String(await page.locator("tbody tr").count()));
    });

    test("shows calls and instructions without a script", async () => {
      await call(millrace.url, "claude-plain");
      const { page } = await opened(millrace.url, { javaScriptEnabled: false });
      expect(await page.locator("tbody tr", { hasText: "claude-plain" }).isVisible()).toBe(true);
      await page.getByText("opencode", { exact: true }).click();
      expect(await page.getByText("https://opencode.ai/config.json").isVisible()).toBe(true);
      expect(await page.locator(".copy:visible").count()).toBe(0);
    });

    test("copies what is to be written", async () => {
      const { page, problems } = await opened(millrace.url);
      await page.getByRole("button", { name: "Copy Claude Code: In a terminal" }).click();
      await page.locator("figure .copy", { hasText: "Copied" }).waitFor();
      const lines = [`export ANTHROPIC_BASE_URL=${millrace.url}`, "export ANTHROPIC_AUTH_TOKEN=local", "claude"];
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(lines.join("\n"));
      expect(problems).toEqual([]);
    });

    test("copies this server's address", async () => {
      const { page } = await opened(millrace.url);
      await page.locator(".base .copy").click();
      await page.locator(".base .copy", { hasText: "Copied" }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(millrace.url);
    });

    test("names every assistant, with this server's address in what is to be written", async () => {
      const { page } = await opened(millrace.url);
      const text = (await page.locator("main").textContent()) ?? "";
      const agents = ["Claude Code", "Codex", "opencode", "Cline", "Continue", "aider"];
      const others = ["Anthropic SDK", "OpenAI SDK", "Vercel AI SDK", "curl"];
      for (const name of [...agents, ...others]) expect(text).toContain(name);
      expect(text).toContain(`ANTHROPIC_BASE_URL=${millrace.url}`);
    });

    test("shows nobody's calls where callers must say who they are", async () => {
      const { token } = await locked.token({ user: "ada", team: "compilers" });
      expect((await call(locked.url, "claude-private", { authorization: `Bearer ${token}` })).status).toBe(200);
      const { page, problems } = await opened(locked.url);
      await page.getByText("Live", { exact: true }).waitFor();
      expect(await page.locator("[data-calls]").textContent()).toBe("1");
      expect(await page.content()).not.toContain("claude-private");
      expect(problems).toEqual([]);
    });

    test("fits a phone", async () => {
      const { page } = await opened(millrace.url);
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  });
}
