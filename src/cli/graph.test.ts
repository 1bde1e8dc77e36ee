// `graph` as a process of its own over a small repository.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-graph-"));
  for (const name of ["src", "lib"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "src/main.ts"), 'import "./page"; import "react"; import "./gone";\n');
  writeFileSync(join(folder, "src/page.ts"), 'import "../lib/words";\n');
  writeFileSync(join(folder, "lib/words.ts"), 'import type { Page } from "../src/page";\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]) {
  const command = [process.execPath, MAIN, "graph", folder, "--no-cache", ...args];
  const child = Bun.spawn(command, { env: {}, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

test("without a file it sums up: what most import, circles, what is from outside", async () => {
  const { out, code } = await run();
  expect(code).toBe(0);
  expect(out).toStartWith("3 nodes, 3 imports, 1 circle, 1 import of files that are not there.\n");
  expect(out).toContain("  2: lib/words.ts, src/page.ts\n");
  expect(out).toContain("  react (1)\n");
});

test("around a file: what it imports, what imports it, directly or through others", async () => {
  expect((await run("--of", "src/page.ts")).out).toBe(
    "src/page.ts\n\nimports:\n  lib/words.ts\n\nis imported by:\n  lib/words.ts\n  src/main.ts\n",
  );
  expect((await run("--of", join(folder, "lib/words.ts"), "--importers", "--depth", "all")).out).toBe(
    "lib/words.ts\n\nis imported by:\n  src/page.ts\n  src/main.ts (2 imports away)\n",
  );
  expect((await run("--of", "src/main.ts", "--importers")).out).toContain("is imported by no file of this repository");
});

test("for programs: JSON, DOT and Mermaid, of files or folders", async () => {
  expect(JSON.parse((await run("--format", "json")).out)).toMatchObject({ nodes: { length: 3 }, isComplete: true });
  expect((await run("--format", "dot", "--folders", "1")).out).toContain('"src" -> "lib" [color="#c0392b"];');
  expect((await run("--format", "mermaid", "--of", "src/main.ts", "--imports")).out).toStartWith("flowchart LR\n");
});

test("what is wrong is said, with what to do", async () => {
  expect((await run("--of", "src/gone.ts")).err).toContain("name a file or folder of it with --of");
  expect(await run("--depth", "0")).toMatchObject({ code: 2, out: "" });
  expect((await run("--format", "svg")).err).toContain("write text, json, dot, mermaid");
});
