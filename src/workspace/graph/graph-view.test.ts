import { expect, test } from "bun:test";
import fc from "fast-check";
import { DependencyGraph } from "./dependency-graph.ts";
import { drawDot, drawMermaid } from "./draw-graph.ts";
import { viewOf } from "./graph-view.ts";
import { graphOf } from "./testing.ts";

const graph = graphOf({
  "app/main.ts": 'import "../lib/a"; import "react"; import "./gone";',
  "lib/a.ts": 'import "./b"; import "react";',
  "lib/b.ts": 'import "./a"; import "../deep/in/c"; import "node:fs";',
  "deep/in/c.ts": "",
  "alone.ts": "",
});

test("the whole graph has every file, each import, the circles, and what is not of the repository", () => {
  const { nodes, edges, cycles, missing, external, isComplete } = viewOf(graph, {});
  expect(nodes.map(({ path }) => path)).toEqual(["alone.ts", "app/main.ts", "deep/in/c.ts", "lib/a.ts", "lib/b.ts"]);
  expect(edges.map(({ from, to, count }) => `${from} ${to} ${count}`)).toEqual([
    "app/main.ts lib/a.ts 1",
    "lib/a.ts lib/b.ts 1",
    "lib/b.ts deep/in/c.ts 1",
    "lib/b.ts lib/a.ts 1",
  ]);
  expect(cycles).toEqual([["lib/a.ts", "lib/b.ts"]]);
  expect(missing).toEqual([{ path: "app/main.ts", line: 1, specifier: "./gone" }]);
  expect(external).toEqual([
    { name: "react", importers: 2 },
    { name: "node:fs", importers: 1 },
  ]);
  expect(isComplete).toBe(true);
});

test("around a file: what it needs, what needs it, so many imports away", () => {
  const around = (direction: "imports" | "importers" | "both", depth: number) =>
    viewOf(graph, { paths: ["lib/a.ts"], direction, depth }).nodes.map((node) => `${node.path} ${node.depth}`);
  expect(around("imports", 1)).toEqual(["lib/a.ts 0", "lib/b.ts 1"]);
  expect(around("imports", 2)).toEqual(["deep/in/c.ts 2", "lib/a.ts 0", "lib/b.ts 1"]);
  expect(around("importers", 9)).toEqual(["app/main.ts 1", "lib/a.ts 0", "lib/b.ts 1"]);
  expect(around("both", 1)).toEqual(["app/main.ts 1", "lib/a.ts 0", "lib/b.ts 1"]);
  expect(graph.importersOf(["deep/in/c.ts"], 1000)).toEqual([
    { path: "lib/b.ts", depth: 1 },
    { path: "lib/a.ts", depth: 2 },
    { path: "app/main.ts", depth: 3 },
  ]);
});

test("folders stand for their files; those of the root are a folder too", () => {
  const { nodes, edges, cycles } = viewOf(graph, { folders: 1 });
  expect(nodes.map(({ path, files }) => `${path} ${files}`)).toEqual([". 1", "app 1", "deep 1", "lib 2"]);
  expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(["app lib", "lib deep"]);
  expect(cycles).toEqual([]);
  expect(viewOf(graph, { folders: 2 }).nodes.map(({ path }) => path)).toEqual([".", "app", "deep/in", "lib"]);
});

test("more edges than wanted are cut, and said to be; what cannot be asked is refused", () => {
  expect(viewOf(graph, { edgesMax: 2 })).toMatchObject({ isComplete: false, edges: { length: 2 } });
  for (const ask of [{ depth: 0 }, { depth: 1.5 }, { folders: -1 }, { edgesMax: 0 }, { edgesMax: 100_001 }]) {
    expect(() => viewOf(graph, ask)).toThrow(expect.objectContaining({ code: "option_invalid" }));
  }
  expect(() => viewOf(graph, { paths: ["gone.ts"] })).toThrow(expect.objectContaining({ code: "file_missing" }));
});

test("pictures say what is in a circle and what was asked for", () => {
  const view = viewOf(graph, { paths: ["lib/a.ts"], direction: "importers" });
  expect(drawDot(view)).toBe(
    [
      "digraph imports {",
      '  rankdir=LR; node [shape=box, fontname="sans-serif"];',
      '  "app/main.ts";',
      '  "lib/a.ts" [color="#c0392b", style=bold];',
      '  "lib/b.ts" [color="#c0392b"];',
      '  "app/main.ts" -> "lib/a.ts";',
      '  "lib/a.ts" -> "lib/b.ts" [color="#c0392b"];',
      '  "lib/b.ts" -> "lib/a.ts" [color="#c0392b"];',
      "}",
      "",
    ].join("\n"),
  );
  expect(drawMermaid(view)).toBe(
    [
      "flowchart LR",
      '  n0["app/main.ts"]',
      '  n1["lib/a.ts"]',
      '  n2["lib/b.ts"]',
      "  n0 --> n1",
      "  n1 --> n2",
      "  n2 --> n1",
      "  classDef asked stroke-width:3px",
      "  class n1 asked",
      "  linkStyle 1,2 stroke:#c0392b",
      "",
    ].join("\n"),
  );
});

test("no name of a file ends the text around it, or a line of it", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
      fc.constantFrom('"', "\\", '"];\n', "]]", "#quot;", "\u2028", "\u0007"),
      (name, sign) => {
        const path = `${name}${sign}`;
        const view = viewOf(new DependencyGraph([{ path, files: ["other"], external: [], missing: [] }]), {});
        expect(drawDot(view).split("\n")).toHaveLength(view.nodes.length + view.edges.length + 4);
        for (const line of drawDot(view).split("\n").slice(2, -2)) {
          expect(line).toMatch(/^ {2}"(?:[^"\\]|\\["\\])*"(?: -> "(?:[^"\\]|\\["\\])*")?;$/);
        }
        for (const line of drawMermaid(view).split("\n").slice(1, -1)) expect(line).toMatch(/^ {2}n\d(?:\["[^"]*"\]| --> n\d)$/);
      },
    ),
  );
});
