// The rules about files as a whole, each with files that break it.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "./exceptions.ts";
import * as rules from "./file-rules.ts";
import { longFunctions } from "./long-functions.ts";
import { repositoryFiles } from "./repository-files.ts";
import type { Rule } from "./rule.ts";
import { readSource } from "./scan.ts";

const named = (rule: Rule, path: string, source = "// A job.\n") => rule([readSource(path, source)]);
const lines = (count: number) => "a();\n".repeat(count);

test.each(["src/base/virtual-clock.ts", "test/a.test.ts", "src/dashboard/chart2.tsx", "bin/bun.js"])(
  "the name %s passes",
  (path) => {
    expect(named(rules.namesAreKebabCase, path)).toEqual([]);
  },
);
test.each(["src/base/virtualClock.ts", "src/base/Clock.ts", "src/base/virtual_clock.ts", "src/base/a.spec.ts"])(
  "the name %s is refused",
  (path) => {
    expect(named(rules.namesAreKebabCase, path)).toHaveLength(1);
  },
);

test.each([
  "src/base/utils.ts",
  "src/helpers/a.ts",
  "test/common.test.ts",
  "src/base/string-utils.ts",
  "src/gateway/types.ts",
  "src/server/connection-manager.ts",
])("%s is a drawer", (path) => {
  expect(named(rules.noDrawers, path)).toHaveLength(1);
});
test.each(["src/base/common-prefix.ts", "src/base/content-type.ts", "src/server/helper-text.ts"])("%s is no drawer", (path) => {
  expect(named(rules.noDrawers, path)).toEqual([]);
});

test("a file may have 400 lines, not 401", () => {
  expect(named(rules.filesAreShort, "src/base/a.ts", lines(400))).toEqual([]);
  expect(named(rules.filesAreShort, "src/base/a.ts", lines(401))).toHaveLength(1);
});

test("the median counts, not the mean", () => {
  const files = [10, 10, 119, 400, 400].map((count, index) => readSource(`src/base/a${index}.ts`, lines(count)));
  expect(rules.medianIsLow(files)).toEqual([]);
  expect(rules.medianIsLow([...files, readSource("src/base/b.ts", lines(200))])).toHaveLength(1);
});

test("a file opens with one to six lines of comment", () => {
  const opening = (source: string) => named(rules.filesOpenWithTheirJob, "src/base/a.ts", source);
  expect(opening("// A job.\nexport {};\n")).toEqual([]);
  expect(opening("#!/usr/bin/env node\n// A job.\n")).toEqual([]);
  expect(opening("/* A job,\n * on two lines. */\n")).toEqual([]);
  expect(opening("// 1\n".repeat(6))).toEqual([]);
  expect(opening("// 1\n".repeat(7))).toHaveLength(1);
  expect(opening('import "./a.ts";\n// Late.\n')).toHaveLength(1);
});

test("rooms need doors and mechanisms a page; programs need none", () => {
  const files = ["src/gateway/a.ts", "src/mechanisms/pool/pool.ts", "src/cli/main.ts"].map((path) => readSource(path, ""));
  expect(rules.roomsAreComplete(() => true)(files)).toEqual([]);
  expect(rules.roomsAreComplete(() => false)(files)).toHaveLength(3);
});

test("a page names a room as a folder or in code marks, not in passing", () => {
  const files = ["src/base/a.ts", "src/mechanisms/cache/a.ts", "src/stores/redis/a.ts"].map((path) => readSource(path, ""));
  expect(rules.roomsNotIn("base/ words\nmechanisms/cache/\nstores/{memory,redis}/", files)).toEqual([]);
  expect(rules.roomsNotIn("One base URL, answers from cache, Redis.", files)).toEqual([
    "base",
    "mechanisms/cache",
    "stores/redis",
  ]);
});

test("folders of a machine and hosts of a registry are found", () => {
  const file = (text: string) => [{ path: "a.json", text }];
  expect(rules.machinePathsIn(file("see /checkouts/mine/x"), ["/checkouts/mine"])).toHaveLength(1);
  expect(rules.machinePathsIn(file("see ./x and /srv/checkouts/app"), ["/checkouts/mine"])).toEqual([]);
  expect(rules.registryHostsIn(file('"resolved": "https://somewhere/x.tgz"'))).toHaveLength(1);
  expect(rules.registryHostsIn(file(`"url": "https://${"registry"}.example.org/x"`))).toHaveLength(1);
  expect(rules.registryHostsIn(file('"url": "https://example.org/x"'))).toEqual([]);
});

test("a dependency without a line is refused, and so is a line without a dependency", () => {
  expect(rules.unexplained(["zod"], "| `zod` | checks |")).toEqual([]);
  expect(rules.unexplained(["zod", "jose"], "| `zod` | checks |")).toHaveLength(1);
  expect(rules.unexplained([], "| `zod` | checks |")).toHaveLength(1);
});

test("an exception must be needed, and everything else is refused", () => {
  const found = ["src/a.ts: 500 lines", "src/b.ts:7: 80 lines"];
  expect(compare(found, {})).toEqual(found);
  expect(compare(found, { "src/a.ts": "a table", "src/b.ts": "a table" })).toEqual([]);
  expect(compare([], { "src/a.ts": "a table" })).toHaveLength(1);
});

test("functions over seventy lines are found, whatever their form, and seventy is enough", () => {
  const root = mkdtempSync(join(tmpdir(), "millrace-functions-"));
  const body = (count: number) => "  f();\n".repeat(count);
  try {
    const config = {
      linter: { rules: { complexity: { noExcessiveLinesPerFunction: { level: "off", options: { maxLines: 70 } } } } },
    };
    writeFileSync(join(root, "biome.json"), JSON.stringify(config));
    writeFileSync(join(root, "short.ts"), `export function a() {\n${body(70)}}\n`);
    writeFileSync(
      join(root, "long.ts"),
      `export function a() {\n${body(71)}}\nexport const b = () => {\n${body(71)}};\nclass C { m() {\n${body(71)}} }\n`,
    );
    writeFileSync(join(root, "long.test.ts"), `test("a", () => {\n${body(71)}});\n`);
    expect(longFunctions(root, ["."]).map((message) => message.split(":", 2).join(":"))).toEqual([
      "long.ts:1",
      "long.ts:74",
      "long.ts:147",
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test("without git every file that is not installed belongs to the repository", () => {
  const root = mkdtempSync(join(tmpdir(), "millrace-files-"));
  try {
    writeFileSync(join(root, "a.ts"), "x");
    expect(repositoryFiles(root)).toEqual(["a.ts"]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
