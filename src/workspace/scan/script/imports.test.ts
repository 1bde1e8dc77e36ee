// What a module takes from others and gives to them, the identifiers it uses, and how its definitions are shown.

import { describe, expect, test } from "bun:test";
import { SIGNATURE_CHARACTERS_MAX } from "../record.ts";
import { javascript, typescript } from "./scan-script.ts";

const lines = (...text: string[]) => text.join("\n");
const imports = (source: string) =>
  typescript.scan(source).imports.map(({ specifier, line, names }) => `${line} ${specifier}: ${names.join(" ")}`);
const exported = (source: string) =>
  javascript
    .scan(source)
    .definitions.filter((definition) => definition.exported)
    .map(({ name }) => name);

describe("imports", () => {
  test("in every form", () => {
    const source = lines(
      'import "./side.ts"',
      'import a, { b as c, type D, default as e, "f g" as h } from "./all.ts";',
      "import * as ns from 'ns' with { type: 'json' }",
      "import type T, { type } from /* no */ 'types'",
      "import type from 'named-type'",
      "import {",
      "  // no,",
      "  lots,",
      "} from 'lots'",
      "export { x as y, type z } from './x.ts'; export * from './star.ts'",
      "export * as all from './all.ts'; export type * from './t.ts'; export type { U } from './u.ts'",
      "import old = require('old')",
      "const lazy = await import('./lazy.ts'), late = require(`late`), no = import(`./\x24{late}.ts`), no2 = require(late)",
      "type Q = typeof import('./q.ts'); x.require('no'); import.meta.url; f.import('no')",
      "import defer * as d from 'deferred'",
    );
    expect(imports(source)).toEqual([
      "1 ./side.ts: ",
      "2 ./all.ts: default b D default f g",
      "3 ns: *",
      "4 types: default type",
      "5 named-type: default",
      "6 lots: lots",
      "10 ./x.ts: x z",
      "10 ./star.ts: *",
      "11 ./all.ts: *",
      "11 ./t.ts: *",
      "11 ./u.ts: U",
      "12 old: *",
      "13 ./lazy.ts: *",
      "13 late: *",
      "14 ./q.ts: *",
      "15 deferred: *",
    ]);
  });

  test("a broken clause takes nothing with it", () => {
    const source = lines("import { a, ( from 'no'", "function f() {}", "import b from", "function g() {}");
    expect(typescript.scan(source).definitions.map(({ name }) => name)).toEqual(["f", "g"]);
  });
});

describe("exports", () => {
  test("before, behind and by default", () => {
    const source = lines(
      "export const a = 1, b = () => 1",
      "const c = 1, d = 2, e = 3",
      "function f() {}",
      "class G {}",
      "export { c, d as dd, f as default }",
      "export default G",
    );
    expect(exported(source)).toEqual(["a", "b", "c", "d", "f", "G"]);
    expect(typescript.scan("class A {}\nexport = A").definitions[0]?.exported).toBe(true);
  });

  test("names of other modules are not one's own", () => {
    expect(exported("const a = 1\nexport { a } from 'x'")).toEqual([]);
  });

  test("of CommonJS", () => {
    const names = "abcdefg".split("").map((name) => `function ${name}() {}`);
    const source = [...names, "module.exports = { a, b: c }", "exports.d = d", "module.exports.x = e;", "module.exports = f"];
    expect(exported(source.join("\n"))).toEqual(["a", "c", "d", "e", "f"]);
  });

  test("what stands inside a function is not exported, what stands in a namespace may be", () => {
    const source = "export function f() { class A { b = 1 } }\nexport namespace N { export const c = 1; const d = 2 }";
    const { definitions } = typescript.scan(source);
    expect(definitions.filter((definition) => definition.exported).map(({ name }) => name)).toEqual(["f", "N", "c"]);
  });
});

test("identifiers are counted in code alone, without keywords", () => {
  const source = lines(
    "const alpha = beta(alpha, 'gamma'); // delta",
    "/* epsilon */ if (alpha) return `zeta \x24{eta}` + /theta/g.source",
    "class Iota { #kappa = this.#kappa ?? 0xff }",
  );
  const { names, counts } = typescript.scan(source).identifiers;
  expect(names.map((name, index) => `${name} ${counts[index]}`)).toEqual([
    "alpha 3",
    "beta 1",
    "eta 1",
    "source 1",
    "Iota 1",
    "kappa 2",
  ]);
});

describe("signatures", () => {
  const signatures = (source: string) => typescript.scan(source).definitions.map(({ signature }) => signature);

  test("are the defining lines without the body, white space collapsed, comments out", () => {
    const source = lines(
      "@dec",
      "export   default async function f(",
      "  a: string, // first",
      '  b = "a // b",',
      "): Promise<{ x: 1 }> {",
      "  return 1",
      "}",
      "export const g = (x: number): string => {",
      "}",
      "const h = 1,",
      "  i = { a: 1,",
      "    b: 2 }",
      "export abstract class K<T> extends L { private static async m(a = 1) { } readonly n: string = `",
      "` }",
      "type O = {",
      "  a: string",
      "}",
      "enum P { A }",
    );
    expect(signatures(source)).toEqual([
      'export default async function f( a: string, b = "a // b", ): Promise<{ x: 1 }>',
      "export const g = (x: number): string =>",
      "const h = 1",
      "i = { a: 1,",
      "export abstract class K<T> extends L",
      "private static async m(a = 1)",
      "readonly n: string = `",
      "type O = { a: string }",
      "enum P",
    ]);
  });

  test("are cut at the limit", () => {
    const [signature] = signatures(`function f(${"a, ".repeat(100_000)}) {}`);
    expect(signature).toHaveLength(SIGNATURE_CHARACTERS_MAX);
  });
});
