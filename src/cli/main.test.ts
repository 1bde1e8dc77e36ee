// The command line as people meet it: a process of its own, with its own folder and environment.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "./commands.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

function start(args: readonly string[], env: Record<string, string> = {}) {
  // Bun reads .env files of the working folder and, without HOME, little else: nothing of this machine takes part.
  return Bun.spawn([process.execPath, MAIN, ...args], { cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
}

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

async function configFile(name: string, content: unknown): Promise<string> {
  await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
}

describe("help and mistakes", () => {
  test("every command has help", async () => {
    const names = Object.keys(commands);
    const helps = await Promise.all(names.map((name) => run([...name.split(" "), "--help"])));
    for (const [index, { code, out, err }] of helps.entries()) {
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toStartWith(`Usage: millrace ${names[index]} `);
    }
    const { out } = await run(["--help"]);
    for (const name of names) expect(out).toContain(`  ${name} `);
  });

  test("--version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: expect.stringMatching(/^millrace \d+\.\d+\.\d+\n$/), err: "" });
  });

  test.each([
    [["serv"], "did you mean `millrace serve`?"],
    [["serve", "--port", "http"], "--port is no port: write a whole number from 0 to 65535"],
    [["token", "create", "--user", "ada"], "--team TEAM is missing"],
    [["token", "create", "--user", "a", "--team", "b", "--expires", "soon"], "--expires is no time"],
    [["token", "revoke"], "ID is missing"],
    [["config", "chek"], "did you mean `millrace config check`?"],
  ])("%j ends with code 2 and one line", async (args, message) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("config", () => {
  test("check accepts defaults and names the file it read", async () => {
    expect(await run(["config", "check"])).toEqual({
      code: 0,
      out: "ok: defaults and environment (there is no file)\n",
      err: "",
    });
    const file = await configFile("good.json", { port: 0 });
    expect((await run(["config", "check", "--config", file])).out).toBe(`ok: ${join(folder, file)}\n`);
  });

  test("check names every problem, never a value", async () => {
    const file = await configFile("bad.json", { upstream: [], cache: { scope: "sk-wrong-place" } });
    const { code, out, err } = await run(["config", "check", "--config", file], { PORT: "sk-wrong-too" });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("has 3 problems");
    expect(err).toContain("did you mean `upstreams`?");
    expect(err).not.toContain("sk-wrong");
  });

  test("check tells what is allowed but hardly meant", async () => {
    expect((await run(["config", "check"], { NATS_URL: "nats://h" })).err).toContain(
      "note: The environment variable NATS_URL is set",
    );
  });

  test("print shows the environment's part, and no secret", async () => {
    const { code, out } = await run(["config", "print"], { PORT: "81", OPENAI_API_KEY: "sk-key", REDIS_URL: "redis://:sk-pw@h" });
    expect(code).toBe(0);
    expect(out).not.toContain("sk-");
    expect(JSON.parse(out)).toMatchObject({ port: 81, redisUrl: "[secret]", upstreams: [{ name: "openai" }] });
  });
});

describe("doctor", () => {
  const enough = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };

  test("finds a plain machine fine", async () => {
    const { code, out } = await run(["doctor"], enough);
    expect(out).not.toContain("problem");
    expect(out).toContain("ok       data folder: ");
    expect(code).toBe(0);
  });

  test("tells each problem with what to do, code 1, no secret", async () => {
    const env = { ...enough, REDIS_URL: "redis://:sk-pw@127.0.0.1:1" };
    const { code, out } = await run(["doctor", "--json"], env);
    expect(code).toBe(1);
    expect(out).not.toContain("sk-pw");
    const failed = JSON.parse(out).filter(({ ok }: { ok: boolean }) => !ok);
    expect(failed).toEqual([{ what: "Redis", ok: false, found: expect.stringContaining("Start it, correct `redisUrl`") }]);
  });

  test("goes on when the configuration cannot be used", async () => {
    const { code, out } = await run(["doctor"], { PORT: "x" });
    expect(code).toBe(1);
    expect(out).toContain("ok       versions");
    expect(out).toContain("problem  configuration: ");
  });
});
