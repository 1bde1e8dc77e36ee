// Names, extensions and first lines of real files, and files that are no source code.

import { expect, test } from "bun:test";
import { languageOf } from "./languages.ts";

test.each([
  ["src/a.ts", "typescript"],
  ["a.d.mts", "typescript"],
  ["A.TSX", "tsx"],
  ["x/b.cjs", "javascript"],
  ["b.jsx", "javascript"],
  ["a.pyi", "python"],
  ["a.h", "cpp"],
  ["a.c", "c"],
  ["a.kt", "kotlin"],
  ["deep.er/Gemfile", "ruby"],
  ["Rakefile", "ruby"],
  ["x/.bashrc", "shell"],
  ["a.vue", "vue"],
  ["a.ex", "elixir"],
] as const)("%s is %s", (path, language) => {
  expect(languageOf(path)).toBe(language);
});

test.each(["README.md", "a.json", "LICENSE", "src.ts/data", ".ts", "a.", "", "/", "a.constructor", "__proto__"])(
  "%p is none",
  (path) => {
    expect(languageOf(path)).toBeUndefined();
  },
);

test.each([
  ["#!/bin/sh", "shell"],
  ["#!/usr/bin/env -S python3.12 -u", "python"],
  ["#!/usr/bin/env FOO=1 node --flag", "javascript"],
  ["#! /usr/local/bin/ruby2.7", "ruby"],
  ["#!/usr/bin/env bash\r", "shell"],
] as const)("a file without extension that begins with %s is %s", (firstLine, language) => {
  expect(languageOf("bin/tool", firstLine)).toBe(language);
});

test("a first line decides only where the name says nothing", () => {
  expect(languageOf("a.ts", "#!/usr/bin/env python")).toBe("typescript");
  expect(languageOf("a.txt", "#!/bin/sh")).toBeUndefined();
  expect(languageOf("tool", "#!/opt/unknown")).toBeUndefined();
  expect(languageOf("tool", "plain text")).toBeUndefined();
  expect(languageOf("tool", `#!/usr/bin/env ${"-x ".repeat(100_000)}`)).toBeUndefined();
});
