// Declarations of TypeScript and JavaScript at the top of modules and in functions: what counts, and where it ends.

import { describe, expect, test } from "bun:test";
import type { Scanner } from "../record.ts";
import { javascript, tsx, typescript } from "./scan-script.ts";

/** `kind name line-endLine`, with `parent.` before the name and `+` behind what is exported. */
function outline(source: string, scanner: Scanner = typescript): string[] {
  const { definitions } = scanner.scan(source);
  return definitions.map(({ kind, name, line, endLine, parent, exported }) => {
    const inside = parent === -1 ? "" : `${definitions[parent]?.name}.`;
    return `${kind} ${inside}${name} ${line}-${endLine}${exported ? "+" : ""}`;
  });
}
const lines = (...text: string[]) => text.join("\n");

describe("functions", () => {
  test("declarations, generators, async ones, and those inside others", () => {
    const source = lines(
      "export async function first(a, b = { c: 1 }) {",
      "  function inner() {}",
      "  return inner;",
      "}",
      "function* second() {}",
      "export default function third<T extends { a: () => void }>(x: T): Promise<{ y: T }> { return x }",
      "export default async function* fourth() {}",
    );
    expect(outline(source)).toEqual([
      "function first 1-4+",
      "function first.inner 2-2",
      "function second 5-5",
      "function third 6-6+",
      "function fourth 7-7+",
    ]);
  });

  test("overloads with and without semicolons", () => {
    const source = lines(
      "function f(a: string): void",
      "function f(a: number): { b: string }",
      "function f(a: unknown): a is string;",
      "function f(a: any) {",
      "}",
      "declare function g(): asserts this is { x: 1 }",
    );
    expect(outline(source)).toEqual(["function f 1-1", "function f 2-2", "function f 3-3", "function f 4-5", "function g 6-6"]);
  });

  test("function expressions have no name of their own", () => {
    const source = lines(
      "export const a = function named() {}, b = async () => {},",
      "  c = async x => x, d = <T>(x: T): T => x, e = (x): ((y: number) => string) => y => ``,",
      "  f = (1), g = (x) ? y : z, h = call(function other() {}), i = async(1), j = new Thing",
      "!function hidden() {}",
      "x.map(async function hidden() {}); ({ key: function hidden() {} }); return_(class Hidden {})",
    );
    expect(outline(source)).toEqual([
      "function a 1-1+",
      "function b 1-1+",
      "function c 2-2+",
      "function d 2-2+",
      "function e 2-2+",
      "constant f 3-3+",
      "constant g 3-3+",
      "constant h 3-3+",
      "constant i 3-3+",
      "constant j 3-3+",
    ]);
  });

  test("keywords as names of properties and keys declare nothing", () => {
    const source = lines(
      "a.function = b.class; x = { class: 1, function: 2, function() {}, enum: 3, interface, type, import: 4, export: 5 }",
      "type.class.interface; type = 5; namespace(x); abstract; declare + 1; module.x = 3; enum_ = 1; interface;",
      "const { default: q, function: r } = y",
      "foo?.class?.(enum_)",
    );
    expect(outline(source)).toEqual(["constant q 3-3", "constant r 3-3"]);
  });
});

describe("variables", () => {
  test("only those of the module and of namespaces", () => {
    const source = lines(
      "const a = 1, b: Map<string, number> = new Map<string, { x: 1 }>(), c = 2",
      "let d, e: string",
      "var f;",
      "for (const no of []) { let no2 }",
      "if (x) var no3 = 1; else var no4 = 2",
      "{ const no5 = 1 }",
      "namespace N { export const g = 1; function h() { const no6 = 1 } }",
      "declare global { var i: number }",
      "declare module 'x' { export let j: string }",
    );
    expect(outline(source)).toEqual([
      "constant a 1-1",
      "constant b 1-1",
      "constant c 1-1",
      "variable d 2-2",
      "variable e 2-2",
      "variable f 3-3",
      "namespace N 7-7",
      "constant N.g 7-7",
      "function N.h 7-7",
      "variable i 8-8",
      "variable j 9-9+",
    ]);
  });

  test("patterns", () => {
    const source = lines(
      "export const { a, b: c, d = { no: 1 }, [key]: e, 'f-g': f, h: { i, j: [k] }, ...l } = x, m = 1;",
      "let [n, , [o = (() => { const no = 1 })()], ...p] = y",
    );
    expect(outline(source).map((line) => line.split(" ")[1])).toEqual([..."acdefiklmnop"]);
  });

  test("a value goes on over lines until a statement begins", () => {
    const source = lines(
      "const a = b",
      "  .c()",
      "  + d",
      "const e = [",
      "  1,",
      "]",
      "const f = x as Map<string, number>",
      "type G = string",
      "const h = i < j",
      "function k() {}",
      "const l = `\x24{`\x24{{ a: '}' }}`}`",
      "const m = a<b && c",
      "export const n = 1",
    );
    expect(outline(source)).toEqual([
      "constant a 1-3",
      "constant e 4-6",
      "constant f 7-7",
      "type G 8-8",
      "constant h 9-9",
      "function k 10-10",
      "constant l 11-11",
      "constant m 12-12",
      "constant n 13-13+",
    ]);
  });
});

describe("types", () => {
  test("interfaces with members of every form", () => {
    const source = lines(
      "export interface A<T extends { a: 1 } = { a: 1 }> extends B<{ b: 2 }>, C {",
      "  readonly x: string; y?: number, method<T>(a: T): { no: 1 }",
      "  optional?(): void",
      "  z: () => void",
      "  map: Map<string, number>, get getter(): string",
      "  get: string",
      "  (call: number): string",
      "  new (make: number): A",
      "  <T>(generic: T): void",
      "  [key: string]: unknown",
      "  'quoted': { no: string }",
      "  'quoted method'(): void",
      "  new: string",
      "  last:",
      "    | 'a'",
      "    | { no: 1 }",
      "  type: typeof import('x')",
      "}",
    );
    expect(outline(source)).toEqual([
      "interface A 1-18+",
      "property A.x 2-2+",
      "property A.y 2-2+",
      "method A.method 2-2+",
      "method A.optional 3-3+",
      "property A.z 4-4+",
      "property A.map 5-5+",
      "property A.getter 5-5+",
      "property A.get 6-6+",
      "property A.new 13-13+",
      "property A.last 14-16+",
      "property A.type 17-17+",
    ]);
  });

  test("aliases, enums, namespaces", () => {
    const source = lines(
      "type A<T> = T extends string",
      "  ? { no: () => void; type: 1 }",
      "  : B",
      "export type C = `a\x24{string}`;",
      "export const enum D { Type = 'a', Function, class = 1 }",
      "declare enum E {}",
      "namespace F.G { export namespace H {} }",
      "type",
      "no = 1",
    );
    expect(outline(source)).toEqual([
      "type A 1-3",
      "type C 4-4+",
      "enum D 5-5+",
      "enum E 6-6",
      "namespace F.G 7-7",
      "namespace F.G.H 7-7",
    ]);
  });

  test("mean nothing in JavaScript", () => {
    expect(outline("type\nA = 1\ninterface\nB\n{}\nabstract\nclass C {}", javascript)).toEqual(["class C 7-7"]);
  });
});

test("regular expressions, divisions, strings and comments hide what they hold", () => {
  const source = lines(
    "#!/usr/bin/env node function no() {}",
    "const a = /function no() {}[/}]/g, b = 4 / 2 / 1, c = x++ / 2, d = (1) / 2 / y",
    "if (x) /class No {}/.test(y)",
    "// function no() {}",
    "/* class No {",
    "} */ const s = 'function no() {}\\",
    " class No {}'",
    "const t = `function no() {} \x24{ /`/ } class No {}`, u = y! / 2 / 1",
    "return_\n/class No {}/.test(x)",
    "function after() {}",
  );
  expect(outline(source).map((line) => line.split(" ")[1])).toEqual([..."abcdstu", "after"]);
});

describe("JSX", () => {
  const source = lines(
    "const a = <div title='it`s \"' {...b}>Don't `do // this /* {function no() {}} <b.c d={<i/>}>x > y</b.c></div>",
    "const c = x => <>{y.map(z => <Li<T> key={z}>{`}`}</Li>)}</>",
    "const d = e < f, g = h > i",
    'export default () => <a href="http://x">class No {}</a>',
    "function after() {}",
  );
  test("text and attributes are no code", () => {
    const expected = ["constant a 1-1", "function c 2-2", "constant d 3-3", "constant g 3-3", "function after 5-5"];
    expect(outline(source, tsx)).toEqual(expected);
    expect(outline(source, javascript)).toEqual(expected);
  });
  test("type parameters are no elements", () => {
    const generic = "const a = <T,>(x: T) => x, b = <T extends {}>(x: T) => x, c = <const T>(x: T): T => x\nfunction d() {}";
    expect(outline(generic, tsx).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "function a",
      "function b",
      "function c",
      "function d",
    ]);
  });
});
