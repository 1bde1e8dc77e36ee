// The package as its users get it: packed, unpacked, each subpath loaded alone, and the neutral ones bundled for a
// browser. Neutral code must need nothing of Node or Bun, not even a polyfill.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleProblems } from "./exports/bundle-problems.ts";
import { expectedExports } from "./exports/expected-exports.ts";
import { roomOf, rowOf } from "./tidy/import-table.ts";

const ROOT = join(import.meta.dir, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, string>;
  dependencies: Record<string, string>;
};
const subpaths = Object.entries(manifest.exports).filter(([, file]) => existsSync(join(ROOT, file)));
const isNeutral = (file: string) => rowOf(roomOf(file.replace("./", "")) ?? "")?.runsOn === "anything";

let scratch = "";
let packed: string[] = [];
const installed = () => join(scratch, "node_modules", "millrace");

function run(command: string[], cwd: string): string {
  const result = Bun.spawnSync(command, { cwd, stdin: "ignore" });
  if (result.exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout.toString();
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "millrace-exports-"));
  const [pack] = JSON.parse(run(["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", scratch], ROOT));
  packed = pack.files.map((file: { path: string }) => file.path);
  mkdirSync(installed(), { recursive: true });
  run(["tar", "-xzf", join(scratch, pack.filename), "--strip-components=1", "-C", installed()], scratch);
  for (const name of Object.keys(manifest.dependencies)) {
    const place = join(scratch, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), place, "junction");
  }
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("package.json exports the door of every room, without its floor", () => {
  const doors = [...new Bun.Glob("src/**/index.ts").scanSync({ cwd: ROOT })];
  expect(manifest.exports).toEqual(expectedExports(doors));
});

test("the package holds the command, the source and the licence; no tests, benchmarks or data", () => {
  expect(packed).toEqual(
    expect.arrayContaining(["LICENSE", "package.json", "bin/millrace", "bin/launch.js", "src/base/index.ts"]),
  );
  const unwanted = packed.filter((path) =>
    /(?:^|\/)(?:test|bench|data|node_modules)\/|\.test\.|\.(?:sqlite|log|tgz)$/.test(path),
  );
  expect(unwanted).toEqual([]);
});

describe("alone in a fresh process", () => {
  test.each(subpaths.map(([subpath]) => subpath.replace(".", "millrace")))("%s loads", (name) => {
    const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(name)}))))`;
    const names: unknown = JSON.parse(run([process.execPath, "-e", script], scratch));
    expect(names).toBeArray();
    expect(names).not.toContain("default");
  });
});

describe("in a browser's bundle", () => {
  test.each(subpaths.filter(([, file]) => isNeutral(file)))("%s needs no platform", async (_, file) => {
    expect(await bundleProblems(join(installed(), file))).toEqual([]);
  });
});
