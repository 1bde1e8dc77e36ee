// `map` as a process of its own over small repositories.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-map-"));
  for (const name of ["app/src", "app/lib"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "app/src/queue.ts"), "export class FairQueue {\n  admit(): boolean {\n    return true;\n  }\n}\n");
  writeFileSync(join(folder, "app/src/page.ts"), 'import { FairQueue } from "./queue";\nexport const page = new FairQueue();\n');
  writeFileSync(join(folder, "app/lib/words.py"), "def count_words(text):\n    return 1\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], cwd = folder) {
  const child = Bun.spawn([process.execPath, MAIN, "map", ...args], {
    cwd,
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

const cached = () => ["--cache", join(folder, "cache")];

test("prints the map of the folder it is run in, or that is named; the second time nothing is parsed", async () => {
  const first = await run(["app", "--query", "when does the queue admit", "--stats", ...cached()]);
  expect(first.out).toStartWith("src/queue.ts:\n  1 export class FairQueue\n    2 admit(): boolean\n");
  expect(first.err).toContain("3 source files: 3 parsed, 0 known\n");
  expect(first.code).toBe(0);
  const second = await run(["--query", "when does the queue admit", "--stats", ...cached()], join(folder, "app"));
  expect(second.out).toBe(first.out);
  expect(second.err).toContain("3 source files: 0 parsed, 3 known\n");
});

test("as JSON it says what the text is made of; files in focus lead to what they use", async () => {
  const { out, code } = await run(["app", "--json", "--budget", "100", "--focus", "app/src/page.ts", "--no-cache"]);
  const { text, tokens, stateId, files } = JSON.parse(out);
  expect(code).toBe(0);
  expect(files[0].path).toBe("src/queue.ts");
  expect(text).not.toContain("page.ts");
  expect(tokens).toBeLessThanOrEqual(100);
  expect(stateId).toMatch(/^[0-9a-f]{64}$/);
  expect(existsSync(join(folder, "cache"))).toBe(false);
});

test("what is wrong is said, with what to do; a cache that cannot be used costs the map nothing", async () => {
  expect(await run(["--budget", "10"])).toMatchObject({ code: 2, out: "" });
  expect((await run(["app", "--focus", "src/nothing.ts", ...cached()])).err).toContain("There is no src/nothing.ts in");
  expect((await run(["app", "--focus", "../blocked", ...cached()])).code).toBe(1);
  const missing = await run(["nowhere", ...cached()]);
  expect(missing).toMatchObject({ code: 1, out: "" });
  expect(missing.err).toContain("There is no folder");
  writeFileSync(join(folder, "blocked"), "a file");
  const blocked = await run(["app", "--cache", join(folder, "blocked")]);
  expect(blocked.err).toContain("Nothing is kept for the next time");
  expect(blocked.out).toContain("src/queue.ts:");
  expect(blocked.code).toBe(0);
  mkdirSync(join(folder, "empty"));
  expect((await run(["empty", ...cached()])).out).toBe("There are no source files here.\n");
});
