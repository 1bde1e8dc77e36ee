import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { externalIn, graphOf, linksOf, missingIn, type Texts } from "./testing.ts";

test("relative imports mean files with their extension, without it, of what they are compiled to, and of folders", () => {
  expect(
    linksOf({
      "src/main.ts":
        'import { a } from "./a";\nimport b from "./b.js";\nexport * from "../lib";\nimport data from "./data.json";\nimport "./view.tsx";',
      "src/a.ts": 'export type { C } from "./c.mjs";\nconst d = await import("./d/");',
      "src/b.ts": "export default 1;",
      "src/c.mts": "export interface C {}",
      "src/d/index.tsx": 'const main = require("../main");',
      "src/view.tsx": "",
      "src/data.json": "{}",
      "lib/index.js": "",
    }),
  ).toEqual({
    "src/a.ts": ["src/c.mts", "src/d/index.tsx"],
    "src/d/index.tsx": ["src/main.ts"],
    "src/main.ts": ["lib/index.js", "src/a.ts", "src/b.ts", "src/data.json", "src/view.tsx"],
  });
});

test("aliases come from the nearest tsconfig.json, with what it extends, comments and all", () => {
  const texts: Texts = {
    "tsconfig.base.json":
      '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./app/*"], "@/env": ["./env.ts"], "~lib": ["libs/lib.ts"] } } }',
    "web/tsconfig.json": '// of the web\n{ "extends": "../tsconfig.base", }',
    "web/page.ts": 'import "@/thing"; import "@/env"; import "~lib"; import "app/other"; import "react";',
    "app/thing.ts": "",
    "app/other.ts": "",
    "env.ts": "",
    "libs/lib.ts": 'import "@/thing";',
  };
  expect(linksOf(texts)).toEqual({ "web/page.ts": ["app/other.ts", "app/thing.ts", "env.ts", "libs/lib.ts"] });
  // Outside of the web there are no aliases.
  expect(externalIn(texts).toSorted()).toEqual(["@/thing", "react"]);
});

test("packages of the repository are entered by their exports; what a build writes is the source it is made of", () => {
  expect(
    linksOf({
      "packages/core/package.json": JSON.stringify({
        name: "@acme/core",
        exports: {
          ".": { types: "./dist/index.d.ts", import: "./dist/index.mjs" },
          "./deep/*": "./dist/deep/*.mjs",
          "./tools": { node: [{ import: "./dist/esm/tools.js" }] },
        },
        imports: { "#inner": "./src/inner.ts" },
      }),
      "packages/core/src/index.ts": 'import "#inner";',
      "packages/core/src/inner.ts": "",
      "packages/core/src/deep/thing.ts": 'import "../../dist/index.mjs";',
      "packages/core/src/parts/tools.ts": "",
      "packages/old/package.json": '{ "name": "old", "main": "lib/main.js" }',
      "packages/old/src/main.ts": "",
      "packages/old/helper.js": "",
      "app.ts":
        'import "@acme/core"; import "@acme/core/deep/thing"; import "@acme/core/tools"; import "old"; import "old/helper";',
    }),
  ).toEqual({
    "app.ts": [
      "packages/core/src/deep/thing.ts",
      "packages/core/src/index.ts",
      "packages/core/src/parts/tools.ts",
      "packages/old/helper.js",
      "packages/old/src/main.ts",
    ],
    "packages/core/src/deep/thing.ts": ["packages/core/src/index.ts"],
    "packages/core/src/index.ts": ["packages/core/src/inner.ts"],
  });
});

test("what is not there is missing, and what is not ours comes from outside; nothing is guessed", () => {
  const texts: Texts = {
    "package.json": '{ "name": "own" }',
    "a.ts":
      'import "./gone"; import "../above"; import "own/nothing"; import "#none"; import "@scope/name/sub"; import "node:fs"; import "lodash/fp";',
  };
  expect(linksOf(texts)).toEqual({});
  expect(missingIn(texts)).toEqual(["./gone", "../above", "own/nothing", "#none"]);
  expect(externalIn(texts)).toEqual(["@scope/name", "lodash", "node:fs"]);
});

test("manifests that are broken, hostile or endless say nothing", () => {
  let deep: unknown = "./src/a.ts";
  for (let depth = 0; depth < 2000; depth++) deep = { import: deep };
  const texts: Texts = {
    "package.json": JSON.stringify({ name: "deep", exports: deep }),
    "tsconfig.json":
      '{ "extends": "./tsconfig.json", "compilerOptions": { "paths": { "*": 7, "x/*": ["../../../outside/*"] } } }',
    "bad/package.json": "{",
    "list/package.json": "[1, 2]",
    "src/a.ts": 'import "deep"; import "x/y"; import "./b";',
    "src/b.ts": "",
  };
  expect(linksOf(texts)).toEqual({ "src/a.ts": ["src/b.ts"] });
});

test("on this repository it finds what Bun finds", () => {
  const root = join(import.meta.dir, "../../..");
  const texts = Object.fromEntries(
    readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path): [string, string] => [`src/${path}`, readFileSync(join(root, "src", path), "utf8")]),
  );
  const graph = graphOf(texts);
  const found = graph.paths.map((path) => graph.importsOf([path], 1).map((each) => each.path));
  const wanted = graph.paths.map((path) => {
    const specifiers = new Bun.Transpiler({ loader: "ts" }).scanImports(`${texts[path]}`).map((each) => each.path);
    return specifiers
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(root, Bun.resolveSync(specifier, dirname(join(root, path)))));
  });
  // Bun leaves out imports of types.
  const lost = wanted.flatMap((files, index) => files.filter((file) => !found[index]?.includes(file) && file.startsWith("src/")));
  expect(lost).toEqual([]);
  expect(graph.paths.length).toBeGreaterThan(500);
  expect(graph.missing.filter(({ path }) => !path.endsWith(".test.ts"))).toEqual([]);
});
