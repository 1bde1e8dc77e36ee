// `serve` and `token` as processes of their own over one data folder: the way from a fresh machine to an ended server.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-serve-"));
});
afterEach(() => rm(folder, { recursive: true }));

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  Bun.spawn([process.execPath, MAIN, ...args], { cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });

async function run(args: readonly string[]) {
  const child = start(args);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

/** A server that listens, and the block it printed. */
async function serving(args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = start(["serve", "--port", "0", ...args], env);
  let block = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    block += chunk;
    if (block.includes("claude\n")) break;
  }
  return { child, block, url: /listens on (\S+)/.exec(block)?.[1] ?? `nothing: ${await new Response(child.stderr).text()}` };
}

describe("serve", () => {
  test("says where it listens, answers there, and ends with 0 after SIGTERM", async () => {
    const { child, block, url } = await serving();
    expect(block).toContain("scripted model  answers, because there is no upstream");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).toContain("Stopping: open streams may finish");
  });

  test("ends with 0 after SIGINT too", async () => {
    const { child } = await serving();
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
  });

  test("an open stream may finish after the first signal", async () => {
    const { child, url } = await serving();
    const body = JSON.stringify({ model: "any", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hello" }] });
    const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
    const answer = await fetch(`${url}/v1/messages`, { method: "POST", body, headers });
    child.kill("SIGTERM");
    expect(await answer.text()).toContain("message_stop");
    expect(await child.exited).toBe(0);
  });

  test("a second signal ends it at once with 1", async () => {
    const file = join(folder, "slow.json");
    await Bun.write(file, JSON.stringify({ scripted: { pace: { firstTokenMs: 60_000 } } }));
    const { child, url } = await serving(["--config", file]);
    const body = JSON.stringify({ model: "any", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hello" }] });
    const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
    const answer = await fetch(`${url}/v1/messages`, { method: "POST", body, headers });
    const cut = answer.text().catch(() => "cut");
    child.kill("SIGTERM");
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) if (chunk.includes("Stopping")) break;
    child.kill("SIGTERM");
    expect(await child.exited).toBe(1);
    expect(await cut).not.toContain("message_stop");
  });

  test("a port in use, a foreign address, an open door: one sentence each, code 1", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const used = await run(["serve", "--port", `${listener.port}`]);
    listener.stop(true);
    expect(used).toMatchObject({ code: 1, out: "", err: expect.stringContaining(`port ${listener.port} is in use`) });
    await Bun.write(join(folder, "millrace.config.json"), JSON.stringify({ auth: { required: true } }));
    const foreign = await run(["serve", "--port", "0", "--host", "192.0.2.1"]);
    expect(foreign).toMatchObject({ code: 1, err: expect.stringContaining("192.0.2.1 is no address of this machine") });
    await rm(join(folder, "millrace.config.json"));
    expect(await run(["serve", "--host", "0.0.0.0"])).toMatchObject({ code: 1, err: expect.stringContaining("`auth.required`") });
  });
});

describe("token", () => {
  test("is created once, listed without its text, used, revoked", async () => {
    const created = await run([
      "token",
      "create",
      "--user",
      "ada",
      "--team",
      "compilers",
      "--scope",
      "read,write",
      "--expires",
      "30d",
    ]);
    expect(created.code).toBe(0);
    expect(created.out).toMatch(/^mr_[\w-]{43}\n$/);
    expect(created.err).toContain("the token is not stored and cannot be shown again");
    const token = created.out.trim();

    const [record] = JSON.parse((await run(["token", "list", "--json"])).out);
    expect(record).toMatchObject({ user: "ada", team: "compilers", tenant: "default", scopes: ["read", "write"] });
    const listed = await run(["token", "list"]);
    expect(listed.out).toStartWith("ID ");
    expect(listed.out).toContain("valid");
    expect(listed.out + JSON.stringify(record)).not.toContain(token.slice(3));

    await Bun.write(join(folder, "millrace.config.json"), JSON.stringify({ auth: { required: true, tokenCacheSeconds: 0 } }));
    const { child, url } = await serving();
    const models = async () => (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect(await models()).toBe(200);
    expect(await run(["token", "revoke", record.id])).toMatchObject({
      code: 0,
      out: expect.stringContaining("The token of ada is revoked"),
    });
    expect(await models()).toBe(401);
    child.kill("SIGTERM");
    await child.exited;
    expect((await run(["token", "list"])).out).toContain("revoked");
  });

  test("--json prints the token with its record, and nothing else on stdout", async () => {
    const { out } = await run(["token", "create", "--user", "ci", "--team", "build", "--tenant", "acme", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ token: expect.stringMatching(/^mr_/), user: "ci", team: "build", tenant: "acme" });
  });

  test("names that cannot be used, and ids that are not there, end with 1", async () => {
    const created = await run(["token", "create", "--user", "a\nb", "--team", "t"]);
    expect(created).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("The user has control or invisible characters"),
    });
    expect(await run(["token", "revoke", "nobody"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("no token has this id"),
    });
    expect(await run(["token", "list"])).toMatchObject({ code: 0, out: "", err: expect.stringContaining("There are no tokens") });
  });

  test("the data folder is for this user alone", async () => {
    await run(["token", "create", "--user", "a", "--team", "b"]);
    expect((await run(["doctor"])).out).toContain("can be written, and only by this user");
  });
});
