// Classes: members in every form the languages allow, with and without semicolons, and what only looks like one.

import { expect, test } from "bun:test";
import type { Scanner } from "../record.ts";
import { javascript, typescript } from "./scan-script.ts";

function members(source: string, scanner: Scanner = typescript): string[] {
  const { definitions } = scanner.scan(source);
  return definitions.map(({ kind, name, parent }) => `${kind} ${parent === -1 ? "" : `${definitions[parent]?.name}.`}${name}`);
}
const lines = (...text: string[]) => text.join("\n");

test("heads with types, objects and calls", () => {
  const source = lines(
    "@dec({ a: class No {} }) export abstract class A<T = { x: 1 }> extends mixin({ y: 2 })<{ z: 3 }> implements B, C<{}> { a }",
    "export default class extends A { b() {} }",
    "class D extends class { c() {} } { d = 1 }",
    "const E = class Inner extends D { e() {} }",
    "const F = @dec class No { f = 1 }",
    "declare class G { g: string }",
  );
  expect(members(source)).toEqual([
    "class A",
    "field A.a",
    "method b",
    "class D",
    "method D.c",
    "field D.d",
    "class E",
    "method E.e",
    "constant F",
    "field F.f",
    "class G",
    "field G.g",
  ]);
});

test("fields, methods, accessors, constructors, parameters that are fields", () => {
  const source = lines(
    "class A {",
    "  static #count = 0; declare x: string; readonly y?: { no: 1 } = { no: 1 }",
    "  private readonly z!: Map<string, () => void>",
    "  constructor(private a: string, @Inject() public readonly b = { no: 1 }, protected c?: D, no: readonly string[], no2: Record<string, readonly E[]>) { super() }",
    "  static { let no = 1 }",
    "  get size(): number { return 1 } set size(value) {}",
    "  static async *[Symbol.iterator](): AsyncGenerator<{ no: 1 }> {}",
    "  async *walk(): AsyncGenerator<{ no: 1 }, void> { class Inner { deep() {} } }",
    "  static get get() { return 1 } set() {} static() {} async() {}",
    "  'quoted'() {} 42() {} ['computed'] = 1",
    "  abstract abstracted(): void; protected abstract get got(): string",
    "  overloaded(a: string): void",
    "  overloaded(a: any) {}",
    "  @Input({ no: () => {} }) @Other decorated: string",
    "  @dec() method() {}",
    "  arrow = async <T>(x: T): Promise<T> => { return x }",
    "  accessor reactive = 1; override over() {}",
    "  #hidden() {} last",
    "}",
  );
  const expected = "f#count fx fy fz cconstructor fa fb fc psize psize mwalk";
  const kinds = { f: "field", c: "constructor", p: "property", m: "method" } as const;
  const named = (text: string) => text.split(" ").map((word) => `${kinds[word[0] as "f"]} A.${word.slice(1)}`);
  expect(members(source)).toEqual([
    "class A",
    ...named(expected),
    "class walk.Inner",
    "method Inner.deep",
    ...named(
      "pget mset mstatic masync mabstracted pgot moverloaded moverloaded fdecorated mmethod farrow freactive mover m#hidden flast",
    ),
  ]);
});

test("fields without semicolons", () => {
  const source = lines(
    "class A {",
    "  a = 1",
    "  b = foo",
    "    .bar()",
    "  c: string",
    "  d",
    "  e:",
    "    | 'x'",
    "    | { no: 1 }",
    "  f = () => {",
    "    const no = 1",
    "  }",
    "  g = x as Map<string, number>",
    "  static h = y satisfies",
    "    Z",
    "  in: string",
    "  is = 1",
    "  readonly i: unique symbol",
    "  [key] = 1",
    "  j: void",
    "  k = `",
    "    no() {}",
    "  `",
    "  'l' = 2",
    "  @dec m: string",
    "  #n = 1",
    "  o() {}",
    "}",
  );
  expect(
    members(source)
      .slice(1)
      .map((member) => member.split(".")[1]),
  ).toEqual([..."abcdefgh", "in", "is", ..."ijkm", "#n", "o"]);
});

test("JavaScript has the same classes without types", () => {
  const source = "class A extends B { static x = 1; #y; get z() {} async *w() {} public; constructor() {} static async = 1 }";
  expect(members(source, javascript)).toEqual([
    "class A",
    "field A.x",
    "field A.#y",
    "property A.z",
    "method A.w",
    "field A.public",
    "constructor A.constructor",
    "field A.async",
  ]);
});

test("methods of objects are no definitions", () => {
  const source = "export default { data() { return {} }, get x() { return 1 }, async y() {}, *z() {}, [k]() {}, 'q'() {} }";
  expect(members(source)).toEqual([]);
});

test("members are exported with their class unless they are private", () => {
  const source = lines(
    "class A { a = 1; private b = 2; #c = 3; protected d() {} constructor(private e: string) {} }",
    "class Hidden { f = 1 }",
    "export { A as B }",
  );
  const { definitions } = typescript.scan(source);
  expect(definitions.filter(({ exported }) => exported).map(({ name }) => name)).toEqual(["A", "a", "d", "constructor"]);
});
