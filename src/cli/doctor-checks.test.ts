import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../server/index.ts";
import {
  checkConfigFile,
  checkDataFolder,
  checkOutgoingRequests,
  checkRedis,
  checkUpstreams,
  checkVersions,
  checkWorkspaces,
} from "./doctor-checks.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-doctor-"));
});
afterEach(() => rm(folder, { recursive: true }));

const configOf = (file: object, env: Record<string, string> = {}) =>
  loadConfig({ env, directory: folder, readFile: () => JSON.stringify(file) });

/** A port on which nothing listens any more. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

test("the pinned runtime is fine", () => {
  expect(checkVersions()).toMatchObject({ ok: true, found: expect.stringContaining(`Bun ${Bun.version}`) });
});

describe("data folder", () => {
  test("absent: the first start makes it, and the check does not", async () => {
    expect(await checkDataFolder(configOf({ dataDir: "a/b" }))).toMatchObject({ ok: true });
    expect(await readdir(folder)).toEqual([]);
  });

  test("private and writable: fine, and nothing stays behind", async () => {
    await mkdir(join(folder, "d"), { mode: 0o700 });
    expect(await checkDataFolder(configOf({ dataDir: "d" }))).toMatchObject({ ok: true });
    expect(await readdir(join(folder, "d"))).toEqual([]);
  });

  test("open to others: a problem", async () => {
    await mkdir(join(folder, "d"));
    await chmod(join(folder, "d"), 0o755);
    expect(await checkDataFolder(configOf({ dataDir: "d" }))).toMatchObject({
      ok: false,
      found: expect.stringContaining("chmod 700"),
    });
  });

  test("a file in its place, or in the place of a folder above: a problem", async () => {
    await writeFile(join(folder, "f"), "");
    expect(await checkDataFolder(configOf({ dataDir: "f" }))).toMatchObject({
      ok: false,
      found: expect.stringContaining("is no folder"),
    });
    expect(await checkDataFolder(configOf({ dataDir: "f/d" }))).toMatchObject({ ok: false });
  });
});

test("a configuration file that others can change is a problem", async () => {
  const path = join(folder, "millrace.config.json");
  await writeFile(path, "{}", { mode: 0o600 });
  expect(checkConfigFile(loadConfig({ env: {}, directory: folder }))).toMatchObject({ ok: true, found: path });
  await chmod(path, 0o666);
  expect(checkConfigFile(loadConfig({ env: {}, directory: folder }))).toMatchObject({ ok: false });
});

test("the runtime must make as many requests at once as calls are let in", () => {
  const limits = { limits: { callsMax: 300 } };
  expect(checkOutgoingRequests(configOf(limits)).ok).toBe(false);
  expect(checkOutgoingRequests(configOf(limits, { BUN_CONFIG_MAX_HTTP_REQUESTS: "300" })).ok).toBe(true);
});

test("upstreams are reached by connection alone, and each is told apart", async () => {
  let received = 0;
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => void received++ } });
  const upstream = (name: string, port: number) => ({ name, dialect: "openai", baseUrl: `http://127.0.0.1:${port}/v1` });
  const checks = await checkUpstreams(configOf({ upstreams: [upstream("up", listener.port), upstream("down", freePort())] }));
  listener.stop(true);
  expect(checks.map(({ what, ok }) => [what, ok])).toEqual([
    ["upstream up", true],
    ["upstream down", false],
  ]);
  expect(checks[1]?.found).toContain("ECONNREFUSED");
  expect(received).toBe(0);
});

describe("Redis", () => {
  test("is not asked for when it is not configured", async () => {
    expect(await checkRedis(configOf({}))).toBeUndefined();
  });

  test("that is down is a problem, told without the password", async () => {
    const check = await checkRedis(configOf({ redisUrl: `redis://:pass-word@127.0.0.1:${freePort()}` }));
    expect(check?.ok).toBe(false);
    expect(check?.found).not.toContain("pass-word");
  });

  const program = Bun.which("redis-server");
  test.skipIf(program === null)("that is up answers; with the wrong password it is a problem", async () => {
    const port = freePort();
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--requirepass", "pass-word", "--save", "", "--dir", folder];
    const engine = Bun.spawn([String(program), ...args], { stdout: "pipe", stderr: "ignore" });
    let said = "";
    for await (const chunk of engine.stdout.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      if (said.includes("Ready to accept connections")) break;
    }
    try {
      expect(await checkRedis(configOf({ redisUrl: `redis://:pass-word@127.0.0.1:${port}` }))).toMatchObject({ ok: true });
      const wrong = await checkRedis(configOf({ redisUrl: `redis://:pass-wrong@127.0.0.1:${port}` }));
      expect(wrong?.ok).toBe(false);
      expect(wrong?.found).not.toContain("pass-");
    } finally {
      engine.kill();
      await engine.exited;
    }
  });
});

describe("workspaces", () => {
  const hasGit = Bun.which("git") !== null;
  test.skipIf(!hasGit)("are told what they are; one that cannot be read is a problem", async () => {
    const at = (path: string) => join(folder, path);
    for (const path of ["app/part/.git", "plain"]) await mkdir(at(path), { recursive: true });
    await writeFile(at("file"), "");
    Bun.spawnSync(["git", "init", "-q", at("app")]);
    await writeFile(at("app/a.ts"), "");
    Bun.spawnSync(["git", "init", "-q", "--bare", at("mirror.git")]);
    const paths = { app: "app", mirror: "mirror.git", plain: "plain", none: "nowhere", file: "file", part: "app/part" };
    const workspaces = Object.entries(paths).map(([id, path]) => ({ id, path }));
    const checks = await checkWorkspaces(configOf({ workspaces }));
    expect(checks.map(({ what, ok }) => [what, ok])).toEqual([
      ["workspace app", true],
      ["workspace mirror", true],
      ["workspace plain", true],
      ["workspace none", false],
      ["workspace file", false],
      ["workspace part", false],
    ]);
    expect(checks.map(({ found }) => found).slice(0, 4)).toEqual([
      expect.stringMatching(/^\S+\/app, a checkout\. 1 file in 1 folder[;,]/),
      `${at("mirror.git")}, a bare mirror`,
      expect.stringContaining("no commits"),
      expect.stringContaining("correct `workspaces`"),
    ]);
    expect(await checkWorkspaces(configOf({}))).toEqual([]);
  });
});
