import { expect, test } from "bun:test";
import fc from "fast-check";
import { Adjacency } from "./adjacency.ts";

const graphs = fc
  .integer({ min: 0, max: 12 })
  .chain((size) => fc.array(fc.array(fc.nat(Math.max(0, size - 1)), { maxLength: 6 }), { minLength: size, maxLength: size }));

/** By trying all paths: who reaches whom in at least one step, and in how many. */
function stepsBetween(edges: readonly (readonly number[])[]): number[][] {
  const steps = edges.map((row, from) => edges.map((_, to) => (from !== to && row.includes(to) ? 1 : Number.POSITIVE_INFINITY)));
  const between = (from: number, to: number) => steps[from]?.[to] ?? Number.POSITIVE_INFINITY;
  for (const by of edges.keys()) {
    for (const [from, row] of steps.entries())
      for (const to of edges.keys()) row[to] = Math.min(between(from, to), between(from, by) + between(by, to));
  }
  return steps;
}

test("rows are sorted, without doubles; reversed twice it is the same", () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const graph = new Adjacency(edges);
      for (const [node, row] of edges.entries()) expect([...graph.of(node)]).toEqual([...new Set(row)].sort((a, b) => a - b));
      const again = graph.reversed().reversed();
      expect([[...again.offsets], [...again.targets]]).toEqual([[...graph.offsets], [...graph.targets]]);
    }),
  );
});

test("what is reached, and in how many steps, is what trying all paths finds", () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 14 }), (edges, stepsMax) => {
      const steps = stepsBetween(edges);
      const graph = new Adjacency(edges);
      for (const from of edges.keys()) {
        const reached = graph.reach([from], stepsMax);
        for (const to of edges.keys()) {
          const wanted = from === to ? 0 : (steps[from]?.[to] ?? 0);
          expect(reached.get(to)).toBe(wanted <= stepsMax ? wanted : undefined);
        }
      }
    }),
  );
});

test("cycles are the groups that all reach one another, whole, the largest first", () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const steps = stepsBetween(edges);
      const mutual = (a: number, b: number) => (steps[a]?.[b] ?? 0) + (steps[b]?.[a] ?? 0) < Number.POSITIVE_INFINITY;
      const groups = [...edges.keys()]
        .map((node) => [...edges.keys()].filter((other) => other === node || mutual(node, other)))
        .filter((group, node) => group.length > 1 && group[0] === node)
        .sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
      expect(new Adjacency(edges).cycles()).toEqual(groups);
    }),
  );
});

test("a chain of 200,000 nodes, and a circle of them, need no deep stack", () => {
  const chain = Array.from({ length: 200_000 }, (_, node) => (node === 199_999 ? [] : [node + 1]));
  expect(new Adjacency(chain).cycles()).toEqual([]);
  expect(new Adjacency(chain).reach([0], 1_000_000).get(199_999)).toBe(199_999);
  chain[199_999] = [0];
  expect(new Adjacency(chain).cycles().map((group) => group.length)).toEqual([200_000]);
});
