// Workspaces over HTTP when something is wrong: with a folder, a repository, a caller, or with what the server keeps.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const hasGit = Bun.which("git") !== null;
const testWithGit = (name: string, run: () => Promise<void>) =>
  test.skipIf(!hasGit)(hasGit ? name : `skipped: ${name} (git is not on this machine)`, run);

let folder = "";
let millrace: Millrace | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-workspaces-"));
  write("app/src/queue.ts", "export class FairQueue {}\n");
});
afterEach(async () => {
  await millrace?.stop();
  millrace = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const git = (...args: string[]) => Bun.spawnSync(["git", "-C", join(folder, "app"), ...args]);

async function start(config: object = {}): Promise<Millrace> {
  millrace = await startMillrace({
    config: { workspaces: [{ id: "app", path: join(folder, "app") }], ...config },
    dataDir: join(folder, "data"),
  });
  return millrace;
}

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${millrace?.url}${path}`, init);
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.startsWith("application/json") ? (JSON.parse(text) as unknown) : undefined;
  return { status: answer.status, text, json, headers: answer.headers };
}

const MAP = "/api/workspaces/app/map?budget=100";
const FAIR = expect.objectContaining({ text: expect.stringContaining("class FairQueue") });

test("a folder that goes away and comes back is told, and served again", async () => {
  await start();
  expect((await ask(MAP)).json).toEqual(FAIR);
  expect((await ask("/api/workspaces/app/file?path=src/queue.ts")).status).toBe(200);
  renameSync(join(folder, "app"), join(folder, "away"));
  for (const path of [MAP, "/api/workspaces/app/file?path=src/queue.ts", "/api/workspaces/app/glob?pattern=**"]) {
    const { status, text } = await ask(path);
    expect([path, status, text.includes(folder)]).toEqual([path, 503, false]);
  }
  write("app/src/other.ts", "export class OtherQueue {}\n");
  expect((await ask(MAP)).json).toMatchObject({ text: expect.stringContaining("class OtherQueue") });
  expect((await ask("/api/workspaces/app/glob?pattern=**")).json).toEqual({ paths: ["src/other.ts"], isComplete: true });
  expect((await ask("/api/workspaces/app/file?path=src/queue.ts")).status).toBe(404);
});

test("a file that is too large is refused, and not read", async () => {
  await start();
  write("app/large", new Uint8Array(16 * 1024 * 1024 + 1));
  write("app/largest", new Uint8Array(16 * 1024 * 1024));
  expect((await ask("/api/workspaces/app/file?path=large")).status).toBe(413);
  const largest = await fetch(`${millrace?.url}/api/workspaces/app/file?path=largest`);
  expect((await largest.bytes()).byteLength).toBe(16 * 1024 * 1024);
});

testWithGit("a repository that is damaged is told to the log, and to the caller without its place", async () => {
  const server = await start();
  git("init", "-q");
  write("app/.git/HEAD", "damaged");
  const commit = "0123456789".repeat(4);
  const { status, text, headers } = await ask(`/api/assets/repomap?repository=app&commit=${commit}`);
  expect([status, Number(headers.get("retry-after")) > 0, text.includes(folder)]).toEqual([503, true, false]);
  await server.stop();
  millrace = undefined;
  expect(server.logText()).toContain("repository_unreadable");
});

test("callers who leave while a map is made hold up nobody", async () => {
  for (let file = 0; file < 400; file++) write(`app/many/${file}.ts`, `export class Queue${file} {}\n`.repeat(40));
  await start();
  for (let turn = 0; turn < 3; turn++) {
    const leave = new AbortController();
    const asked = [1, 2, 3].map(() =>
      ask(MAP, { signal: leave.signal }).then(
        ({ status }) => status,
        (error: Error) => error.name,
      ),
    );
    // Another answer has come by then, so that the others are on their way; the last ones may be there already.
    await ask("/api/workspaces");
    leave.abort();
    for (const outcome of await Promise.all(asked)) expect(["AbortError", 200]).toContain(outcome);
  }
  expect((await ask(`${MAP}&query=fair`)).json).toEqual(FAIR);
  expect(millrace?.lines().filter(({ level }) => level === "error")).toEqual([]);
});

test("more questions than may be under way are refused at once, the others are answered", async () => {
  await start();
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(`${MAP}&query=fair`)));
  const refused = answers.filter(({ status }) => status === 503);
  const answered = answers.filter(({ status }) => status === 200);
  expect([answered.length + refused.length, answered.length >= 64]).toEqual([200, true]);
  expect(new Set(answered.map(({ text }) => text)).size).toBe(1);
  for (const { headers } of refused) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a user asks so often a minute, of whichever route", async () => {
  await start({ threads: { requestsPerMinute: 3 } });
  const statuses: number[] = [];
  for (const path of ["glob?pattern=**", "map", "file?path=src/queue.ts", "file?path=src/queue.ts"]) {
    statuses.push((await ask(`/api/workspaces/app/${path}`)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test("records that cannot be kept cost time alone, and are told of", async () => {
  mkdirSync(join(folder, "data/records.sqlite"), { recursive: true });
  const server = await start();
  expect((await ask(MAP)).json).toEqual(FAIR);
  await server.stop();
  millrace = undefined;
  expect(server.lines().filter(({ event }) => event === "records-away")).toHaveLength(1);
});

test("without workspaces there are no routes of them, but those of threads", async () => {
  await start({ workspaces: [] });
  expect((await ask("/api/workspaces")).status).toBe(404);
  expect((await ask("/api/threads")).status).toBe(200);
});

test("another page of the web gets nothing where no token is asked for", async () => {
  await start();
  for (const headers of [{ origin: "https://evil.example" }, { host: "evil.example" }, { "sec-fetch-site": "cross-site" }]) {
    const { status, text } = await ask("/api/workspaces/app/file?path=src/queue.ts", {
      headers: headers as Record<string, string>,
    });
    expect([headers, status, text.includes("FairQueue")]).toEqual([headers, 403, false]);
  }
});
