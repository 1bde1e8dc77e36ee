// A directed graph of numbered nodes in compressed sparse rows: for each node, its targets in rising order, each once. Built once, never changed.

export class Adjacency {
  readonly size: number;
  /** Of node n: the targets from `offsets[n]` to `offsets[n + 1]`. */
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;

  /** @param edges by node, its targets in any order, also more than once */
  constructor(edges: readonly Iterable<number>[]) {
    const rows = edges.map((row) => [...new Set(row)].sort((a, b) => a - b));
    this.size = rows.length;
    this.offsets = new Uint32Array(rows.length + 1);
    for (const [node, row] of rows.entries()) this.offsets[node + 1] = (this.offsets[node] ?? 0) + row.length;
    this.targets = Uint32Array.from(rows.flat());
  }

  of(node: number): Uint32Array {
    return this.targets.subarray(this.offsets[node], this.offsets[node + 1]);
  }

  get edgeCount(): number {
    return this.targets.length;
  }

  reversed(): Adjacency {
    const edges: number[][] = Array.from({ length: this.size }, () => []);
    for (let node = 0; node < this.size; node++) for (const target of this.of(node)) edges[target]?.push(node);
    return new Adjacency(edges);
  }

  /** The least number of steps to each node that can be reached, 0 for those it begins at; in order of steps, then of numbers. */
  reach(from: readonly number[], stepsMax: number): ReadonlyMap<number, number> {
    const steps = new Map(from.map((node) => [node, 0]));
    let edge = [...steps.keys()];
    for (let step = 1; step <= stepsMax && edge.length > 0; step++) {
      const next = new Set<number>();
      for (const node of edge) for (const target of this.of(node)) if (!steps.has(target)) next.add(target);
      edge = [...next].sort((a, b) => a - b);
      for (const node of edge) steps.set(node, step);
    }
    return steps;
  }

  /**
   * Groups of nodes that all reach one another, of two or more: the largest first, then by their first node; each in rising order.
   * Tarjan, "Depth-first search and linear graph algorithms", 1972, without recursion, as chains may be long.
   */
  cycles(): readonly (readonly number[])[] {
    const found: number[][] = [];
    const order = new Int32Array(this.size).fill(-1);
    const low = new Int32Array(this.size);
    const isOpen = new Uint8Array(this.size);
    const open: number[] = [];
    let count = 0;
    for (let root = 0; root < this.size; root++) {
      if (order[root] !== -1) continue;
      const path = [root];
      const at = [this.offsets[root] ?? 0];
      while (path.length > 0) {
        const node = path.at(-1) ?? 0;
        if (order[node] === -1) {
          order[node] = low[node] = count++;
          open.push(node);
          isOpen[node] = 1;
        }
        const index = at.at(-1) ?? 0;
        if (index < (this.offsets[node + 1] ?? 0)) {
          at[at.length - 1] = index + 1;
          const target = this.targets[index] ?? 0;
          if (order[target] === -1) {
            path.push(target);
            at.push(this.offsets[target] ?? 0);
          } else if (isOpen[target]) low[node] = Math.min(low[node] ?? 0, order[target] ?? 0);
          continue;
        }
        path.pop();
        at.pop();
        const above = path.at(-1);
        if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
        if (low[node] !== order[node]) continue;
        const group = open.splice(open.lastIndexOf(node));
        for (const each of group) isOpen[each] = 0;
        if (group.length > 1) found.push(group.sort((a, b) => a - b));
      }
    }
    return found.sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
  }
}
