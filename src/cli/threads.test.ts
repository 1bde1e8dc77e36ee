// `threads import` and `threads export` as processes of their own over one data folder: what goes in comes out, once, whatever happened between.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-threads-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = (args: readonly string[], stdin: "ignore" | "pipe" | Uint8Array = "ignore") =>
  Bun.spawn([process.execPath, MAIN, ...args], { cwd: folder, env: {}, stdin, stdout: "pipe", stderr: "pipe" });

async function run(args: readonly string[], stdin?: string) {
  const child = start(args, stdin === undefined ? "ignore" : new TextEncoder().encode(stdin));
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

const file = (name: string, lines: readonly string[]): string => {
  writeFileSync(join(folder, name), lines.join("\n"));
  return name;
};

/** A message of a Claude Code transcript. */
const said = (uuid: string, parentUuid: string | null, type: string, text: string, sessionId = "s1") =>
  JSON.stringify({
    ...{ uuid, parentUuid, type, sessionId, timestamp: "2026-11-01T10:00:00.000Z", cwd: "/src/app", isSidechain: false },
    message: { role: type, content: [{ type: "text", text }], ...(type === "assistant" ? { model: "claude-x" } : {}) },
  });

const transcript = [
  '{"type":"summary","summary":"x","leafUuid":"a1"}',
  said("u1", null, "user", "Mend the build."),
  said("a1", "u1", "assistant", "It is mended."),
];

const item = (type: string, payload: object) => JSON.stringify({ timestamp: "2026-11-02T10:00:00.000Z", type, payload });
const rollout = [
  item("session_meta", { id: "th-1", cwd: "/src/app" }),
  item("response_item", { type: "message", role: "user", content: [{ type: "input_text", text: "Why é🜂?" }] }),
  item("response_item", { type: "message", role: "assistant", content: [{ type: "output_text", text: "Because." }] }),
];

interface Line {
  kind: string;
  client?: string;
  user?: string;
  team?: string;
  visibility?: string;
  title?: string;
  clientId?: string;
}

async function exported(...args: string[]): Promise<Line[]> {
  const { code, out } = await run(["threads", "export", ...args]);
  expect(code).toBe(0);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

const totals = async (args: string[], stdin?: string) => {
  const { code, out, err } = await run(["threads", "import", "--json", ...args], stdin);
  return { code, ...(out === "" ? {} : JSON.parse(out)), err };
};

describe("import", () => {
  test("takes transcripts and rollouts of a folder, in order, follows no link, and adds nothing twice", async () => {
    mkdirSync(join(folder, "home/projects/app"), { recursive: true });
    file("home/projects/app/one.jsonl", transcript);
    file("home/projects/rollout.jsonl", rollout);
    file("home/projects/history.jsonl", ['{"display":"/help"}']);
    file("home/projects/notes.txt", ["no conversation"]);
    file("outside.jsonl", [said("u9", null, "user", "Nobody named this.", "s9")]);
    symlinkSync(join(folder, "outside.jsonl"), join(folder, "home/projects/link.jsonl"));
    symlinkSync(folder, join(folder, "home/projects/up"));
    const first = await run(["threads", "import", "home", "--user", "ada", "--team", "core"]);
    expect(first).toMatchObject({
      code: 0,
      out: "FILES  MESSAGES  REFUSED  SKIPPED  BROKEN  LEFT OUT\n2      4         0        2        0       1\n",
    });
    expect(first.err.split("\n")).toEqual([
      "home/projects/app/one.jsonl: 2 messages",
      expect.stringMatching(/^home\/projects\/history\.jsonl: The file is no export of threads/),
      "home/projects/rollout.jsonl: 2 messages",
      "",
    ]);
    const once = await exported();
    expect(once.filter(({ kind }) => kind === "thread")).toMatchObject([
      { client: "codex", title: "Why é🜂?", user: "ada", team: "core" },
      { client: "claude-code", title: "Mend the build.", user: "ada", team: "core" },
    ]);
    expect(once.flatMap(({ clientId }) => clientId ?? [])).toEqual(["th-1:2", "th-1:3", "u1", "a1"]);
    expect((await run(["threads", "import", "home", "--user", "ada"])).code).toBe(0);
    expect(await exported()).toEqual(once);
  });

  test("a line that cannot be read costs itself alone, and is told", async () => {
    file("torn.jsonl", [...transcript, '{"uuid":"torn']);
    const { err, ...told } = await totals(["torn.jsonl"]);
    expect(told).toEqual({ code: 0, files: 1, messages: 2, refused: 0, skipped: 1, broken: 1, leftOut: 0 });
    expect(err).toContain("Broken: lines that cannot be read");
  });

  test("a named file of no known format is told, the others are taken, and the code is 1", async () => {
    const { err, ...told } = await totals([file("strange.jsonl", ['{"x":1}']), file("one.jsonl", transcript)]);
    expect(told).toMatchObject({ code: 1, files: 1, messages: 2, leftOut: 1 });
    expect(err).toContain("strange.jsonl: The file is no export of threads");
    expect(err).toContain("Run the same command again once it is mended");
  });

  test("what is not there, or an empty folder, is told before anything is done", async () => {
    mkdirSync(join(folder, "empty"));
    file("one.jsonl", transcript);
    const missing = await run(["threads", "import", "one.jsonl", "none.jsonl"]);
    expect(missing).toEqual({
      code: 1,
      out: "",
      err: "millrace threads import: none.jsonl is not there; check the path.\n",
    });
    const empty = await run(["threads", "import", "one.jsonl", "empty"]);
    expect(empty).toMatchObject({
      code: 1,
      out: "",
      err: "millrace threads import: There is no *.jsonl below empty; name a file, or another folder.\n",
    });
    expect(statSync(join(folder, "data"), { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([
    [["threads", "import"], "FILE is missing"],
    [["threads", "import", "x", "--tenant= tenants"], "--tenant is no name"],
    [["threads", "export", "x"], '"x" is one word too many'],
  ])("%j is wrong usage", async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
  });

  test("where callers have names, the owner's is asked for", async () => {
    file("one.jsonl", transcript);
    file("millrace.config.json", ['{ "auth": { "required": true } }']);
    const nobody = await run(["threads", "import", "one.jsonl"]);
    expect(nobody).toMatchObject({ code: 2, out: "", err: expect.stringContaining("--user USER is missing") });
    expect(await totals(["one.jsonl", "--user", "ada"])).toMatchObject({ code: 0, messages: 2 });
  });

  test("one that was killed goes on when it is run again", async () => {
    file("one.jsonl", transcript);
    const child = start(["threads", "import", "one.jsonl", "-"], "pipe");
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) if (chunk.includes("one.jsonl: 2")) break;
    child.kill("SIGKILL");
    await child.exited;
    const more = [...transcript, said("u2", "a1", "user", "And the tests?")];
    expect(await totals(["one.jsonl", "-"], more.join("\n"))).toMatchObject({ code: 0, files: 2, messages: 5, broken: 0 });
    const lines = await exported();
    expect(lines.flatMap(({ clientId }) => clientId ?? [])).toEqual(["u1", "a1", "u2"]);
  });
});

describe("export", () => {
  test("comes back equal in an empty place, with its owners where that is wanted", async () => {
    file("one.jsonl", transcript);
    file("rollout.jsonl", rollout);
    await totals(["one.jsonl", "--user", "ada", "--team", "core", "--tenant", "acme"]);
    await totals(["rollout.jsonl", "--user", "bob", "--team", "core", "--tenant", "acme"]);
    const { code, out, err } = await run(["threads", "export", "--tenant", "acme", "--out", "acme.jsonl"]);
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: "2 threads of acme in acme.jsonl.\n" });
    expect(statSync(join(folder, "acme.jsonl")).mode & 0o777).toBe(0o600);
    const there = ["--data", "other", "--tenant", "acme"];
    expect(await totals(["acme.jsonl", "--keep-owners", ...there])).toMatchObject({ code: 0, messages: 4, broken: 0 });
    const shape = (line: Line) => ({ ...line, version: 0 });
    expect((await exported(...there)).map(shape)).toEqual((await exported("--tenant", "acme")).map(shape));
    await totals(["acme.jsonl", "--data", "third", "--user", "eve"]);
    const owners = (await exported("--data", "third")).flatMap(({ user }) => user ?? []);
    expect(owners).toEqual(["eve", "eve"]);
  });

  test("of a tenant without threads is empty; into a place that is not there it is told", async () => {
    expect(await run(["threads", "export", "--tenant", "none"])).toEqual({ code: 0, out: "", err: "0 threads of none.\n" });
    expect(await run(["threads", "export", "--out", "no/where.jsonl"])).toMatchObject({
      code: 1,
      err: "millrace threads export: no/where.jsonl cannot be written (ENOENT); name another file with --out.\n",
    });
  });

  test("a file that is there is replaced by a whole one, a device is written to", async () => {
    file("out.jsonl", ["what was there before"]);
    await totals([file("one.jsonl", transcript)]);
    expect((await run(["threads", "export", "--out", "out.jsonl"])).code).toBe(0);
    expect(await Bun.file(join(folder, "out.jsonl")).text()).toStartWith('{"kind":"thread"');
    expect(await Bun.file(join(folder, "out.jsonl.unfinished")).exists()).toBe(false);
    expect((await run(["threads", "export", "--out", "/dev/null"])).code).toBe(0);
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  test("a reader that goes away ends it without a word of blame", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => said(`m${index}`, null, "user", "x".repeat(5000), `s${index}`));
    await totals(["-"], lines.join("\n"));
    const child = start(["threads", "export"]);
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).not.toContain("Error");
  });
});

test("beside a server on the same folder both say what to do; with threads off too", async () => {
  file("one.jsonl", transcript);
  const server = start(["serve", "--port", "0"]);
  for await (const chunk of server.stdout.pipeThrough(new TextDecoderStream())) if (chunk.includes("claude\n")) break;
  for (const args of [
    ["threads", "import", "one.jsonl"],
    ["threads", "export"],
  ]) {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("are in use by another server; stop it");
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  }
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  file("millrace.config.json", ['{ "threads": { "enabled": false } }']);
  expect(await run(["threads", "export"])).toMatchObject({ code: 1, err: expect.stringContaining("Threads are off: remove") });
});
