// The checks of the package, on made-up code that must not pass.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProblems } from "./bundle-problems.ts";
import { expectedExports } from "./expected-exports.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-bundle-"));
  writeFileSync(join(folder, "inner.ts"), 'import { basename } from "path"; export const name = basename("a/b");');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function problems(source: string): Promise<string[]> {
  const path = join(folder, "entry.ts");
  writeFileSync(path, source);
  return bundleProblems(path);
}

test.each([
  'import { readFileSync } from "node:fs"; export const a = readFileSync("x");',
  'import { Database } from "bun:sqlite"; export const a = new Database();',
  'import { gzipSync } from "bun"; export const a = gzipSync;',
  'export { name } from "./inner.ts";',
  'export const a = Buffer.from("x");',
  "export const a = process.pid;",
  "export const a = () => Bun.hash(1);",
  "export const a = import.meta.dir;",
  'export { a } from "./missing.ts";',
])("%s has a problem", async (source) => {
  expect(await problems(source)).not.toEqual([]);
});

test("code for any platform has none", async () => {
  const source = `
    // Buffer and process in a comment.
    import type { Stats } from "node:fs";
    export const a = (stats: Stats) => ({ process: stats.size, text: "Bun.hash process.env" });
    export const b = new Uint8Array(new ArrayBuffer(1));
    export const c = crypto.subtle.digest("SHA-256", b);`;
  expect(await problems(source)).toEqual([]);
});

test("subpaths drop the floor of mechanisms and keep the kind of store", () => {
  const doors = [
    "base",
    "mechanisms/cache",
    "stores/redis",
    "ports/conformance",
    "gateway",
    "cli",
    "dashboard",
    "gateway/dialects/openai",
  ];
  expect(expectedExports(doors.map((room) => `src/${room}/index.ts`))).toEqual({
    "./base": "./src/base/index.ts",
    "./cache": "./src/mechanisms/cache/index.ts",
    "./gateway": "./src/gateway/index.ts",
    "./ports/conformance": "./src/ports/conformance/index.ts",
    "./stores/redis": "./src/stores/redis/index.ts",
  });
});
