// Proves that the check of the neutral rooms can fail: a file full of what they may not say is refused line by line.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noPlatformGlobals } from "../tidy/code-rules.ts";
import { readSource } from "../tidy/scan.ts";

const ROOT = join(import.meta.dir, "../..");
const source = readFileSync(join(import.meta.dir, "violations.ts"), "utf8");

const marked = (mark: string) =>
  source.split("\n").flatMap((line, index) => (line.endsWith(`// refused by ${mark}`) ? [index + 1] : []));

test("the worker's types refuse platform modules and Bun's and the browser's globals, and nothing else", () => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const run = Bun.spawnSync([process.execPath, tsc, "--noEmit", "--pretty", "false", "-p", import.meta.dir]);
  const refused = [...run.stdout.toString().matchAll(/violations\.ts\((\d+),/g)].map((match) => Number(match[1]));
  expect(refused).toEqual(marked("types"));
  expect(refused.length).toBeGreaterThan(5);
});

test("tidy refuses the globals that the worker's types let pass", () => {
  const messages = noPlatformGlobals([readSource("src/base/violations.ts", source)]);
  const refused = messages.map((message) => Number(message.split(":")[1]));
  expect(refused).toEqual(expect.arrayContaining(marked("tidy")));
  expect(marked("tidy")).toHaveLength(2);
});
