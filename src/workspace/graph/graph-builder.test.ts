import { expect, test } from "bun:test";
import fc from "fast-check";
import { GraphBuilder } from "./graph-builder.ts";
import { sourceOf, type Texts } from "./testing.ts";

const texts: Record<string, string> = {
  "package.json": '{ "name": "app", "imports": { "#x": "./a.ts" } }',
  "a.ts": "",
  "b.ts": 'import "#x";',
};

test("while nothing changed it is the same graph; a manifest, a file more or another content makes another", () => {
  const now = { ...texts };
  let read = 0;
  const builder = new GraphBuilder((path) => {
    read++;
    return now[path];
  });
  const source = sourceOf(now);
  const first = builder.build(source);
  const readFirst = read;
  expect(builder.build(source)).toBe(first);
  // Every manifest was looked at again.
  expect(read - readFirst).toBe(readFirst);
  now["package.json"] = '{ "name": "app", "imports": { "#x": "./b.ts" } }';
  const other = builder.build(source);
  expect(other.graph.importersOf(["a.ts"], 1)).toEqual([]);
  expect(other.stateId).not.toBe(first.stateId);
  now["package.json"] = texts["package.json"] ?? "";
  expect(builder.build(sourceOf(now)).stateId).toBe(first.stateId);
  now["README.md"] = "";
  expect(builder.build(sourceOf(now)).stateId).not.toBe(first.stateId);
});

test("whatever was edited before, the graph is that of a fresh builder, byte for byte", () => {
  const path = fc.constantFrom(
    "a.ts",
    "lib/b.ts",
    "lib/index.ts",
    "src/c.py",
    "src/d.py",
    "x/e.go",
    "x/f.go",
    "package.json",
    "tsconfig.json",
    "x/go.mod",
  );
  const content = fc.constantFrom(
    'import "./lib"; import "@/b"; import "own";',
    'import { b } from "./b";\nexport * from "../a";',
    '{ "name": "own", "main": "./a.js", "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
    "module own/x",
    'package x\nimport "own/x"\nfunc E() { F() }',
    "package x\nfunc F() { E() }",
    "import d\nfrom . import c",
    "",
  );
  const edits = fc.array(fc.tuple(path, fc.option(content, { nil: undefined })), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(edits, (steps) => {
      const now: Record<string, string> = {};
      const builder = new GraphBuilder((at) => now[at]);
      for (const [at, text] of steps) {
        if (text === undefined) delete now[at];
        else now[at] = text;
        const shown = (texts: Texts, made: GraphBuilder) => {
          const { graph, stateId } = made.build(sourceOf(texts));
          return JSON.stringify([
            stateId,
            graph.paths,
            [...graph.imports.offsets],
            [...graph.imports.targets],
            graph.missing,
            graph.external(),
          ]);
        };
        expect(shown(now, builder)).toBe(shown(now, new GraphBuilder((each) => now[each])));
      }
    }),
    { numRuns: 50 },
  );
});
