// The scanner, on the shapes that fool scanners.

import { expect, test } from "bun:test";
import { readSource, split } from "./scan.ts";

const imported = (source: string) =>
  readSource("a.ts", source)
    .imports.map((entry) => entry.specifier)
    .sort();

test("every form of import is found, types included", () => {
  const source = `
import "./bare.ts";
import one from "./default.ts";
import { two, type Three } from "./named.ts";
import type { Four } from './type.ts';
import * as five from "./star.ts";
import {
  six,
} from "./lines.ts";
export { seven } from "./export.ts";
export type { Eight } from "./export-type.ts";
export * from "./export-star.ts";
type Nine = import("./import-type.ts").Nine;
const ten = await import("./dynamic.ts");
import data from "./data.json" with { type: "json" };
`;
  const names = "bare data.json default dynamic export export-star export-type import-type lines named star type".split(" ");
  expect(imported(source)).toEqual(names.map((name) => (name.includes(".") ? `./${name}` : `./${name}.ts`)).sort());
});

test.each([
  ["a line comment", '// import "./no.ts";'],
  ["a block comment", '/* import a from "./no.ts"; */'],
  ["a string", `const a = 'import "./no.ts"';`],
  ["a template", 'const a = `import "./no.ts";`;'],
  ["a regular expression", 'const a = /import ".no.ts"/;'],
  ["a property named from", 'export const a = { from: "./no.ts" };'],
  ["a method named from", 'export const a = list.from("./no.ts");'],
])("nothing is imported by %s", (_, source) => {
  expect(imported(source)).toEqual([]);
});

test.each([
  ["an apostrophe in a comment", "// it's\n"],
  ["a slash in a class of a regular expression", "const a = /[/\"']/;\n"],
  ["an escaped quote", "const a = 'it\\'s';\n"],
  ["a division", "const a = b / c; const d = e / f;\n"],
  ["a template in a template", "const a = `x #{b ? `it's #{{ c: 1 }.c}` : '`'} y`;\n".replaceAll("#", "$")],
  ["a URL in a string", 'const a = "http://x";\n'],
  ["a comment opening in a regular expression", "const a = /\\/\\*/;\n"],
])("the scanner comes out in step after %s", (_, before) => {
  expect(imported(`${before}import "./after.ts";`)).toEqual(["./after.ts"]);
});

test("code inside a template's braces is code, the text around it is not", () => {
  const { code } = split("const a = `console.log #{process.env.X} console.log`;".replace("#", "$"));
  expect(code).toContain("process.env.X");
  expect(code).not.toContain("console.log");
});

test("code and comments keep their offsets", () => {
  const source = 'const a = "text"; // note\n/* more\nlines */ const b = 1;\n';
  const { code, comments } = split(source);
  expect(code).toHaveLength(source.length);
  expect(comments).toHaveLength(source.length);
  expect(comments.indexOf("// note")).toBe(source.indexOf("// note"));
  expect(code.indexOf("const b")).toBe(source.indexOf("const b"));
  expect(code).not.toContain("text");
});
