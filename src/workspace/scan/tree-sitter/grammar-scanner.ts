// Turns the tree of a grammar into a scan. A source over a limit is refused, and its file keeps its words. The limit of
// size depends on the source alone; that of time is for sources made to be hard (deep nesting, on which some grammars
// spend time quadratic in depth), and is some ten times what ordinary code of the largest size takes.

import { type Language as Grammar, type Node, Parser, Query, type Tree } from "web-tree-sitter";
import { type Clock, MillraceError } from "../../../base/index.ts";
import { NameCounts } from "../lines/name-counts.ts";
import { Outline } from "../lines/outline.ts";
import type { DefinitionKind, Scan, Scanner } from "../record.ts";
import type { GrammarQuery } from "./grammar-queries.ts";

/** Larger sources are refused. A tree takes some twenty times the memory of its source. */
export const SOURCE_UNITS_MAX = 500_000;
/** For one source: parser and query together. */
export const SCAN_MS_MAX = 2_000;
/** Pending matches of a query; patterns that need more are given up. */
const MATCHES_MAX = 10_000;

interface Found {
  readonly kind: DefinitionKind;
  readonly node: Node;
  readonly at: number;
  readonly name: string;
}

export class GrammarScanner implements Scanner {
  readonly #parser = new Parser();
  readonly #query: Query;
  readonly #hidden: RegExp;
  readonly #clock: Pick<Clock, "monotonic">;

  /** Throws if the grammar does not fit the runtime or the query does not fit the grammar. */
  constructor(grammar: Grammar, { query, hidden }: GrammarQuery, clock: Pick<Clock, "monotonic">) {
    this.#parser.setLanguage(grammar);
    this.#query = new Query(grammar, query);
    this.#hidden = hidden ?? /^$/;
    this.#clock = clock;
  }

  /** Throws MillraceError (`scan_failed`) for a source over a limit. */
  scan(source: string): Scan {
    if (source.length > SOURCE_UNITS_MAX) throw new MillraceError("scan_failed", "The source is too large for a syntax tree.");
    const endMs = this.#clock.monotonic() + SCAN_MS_MAX;
    const isLate = () => this.#clock.monotonic() > endMs;
    const tree = this.#parser.parse(source, null, { progressCallback: isLate });
    if (tree === null) {
      this.#parser.reset();
      throw new MillraceError("scan_failed", "The source takes too long to parse.");
    }
    try {
      return this.#read(source, tree, isLate);
    } finally {
      tree.delete();
    }
  }

  close(): void {
    this.#query.delete();
    this.#parser.delete();
  }

  #read(source: string, tree: Tree, isLate: () => boolean): Scan {
    const names = new NameCounts();
    const outline = new Outline(source);
    const found = new Map<number, Found>();
    const matches = this.#query.matches(tree.rootNode, { matchLimit: MATCHES_MAX, progressCallback: isLate });
    if (isLate()) throw new MillraceError("scan_failed", "The source takes too long to search.");
    for (const { captures } of matches) {
      const name = captures.find((capture) => capture.name === "name")?.node;
      for (const { name: kind, node } of captures) {
        const { startIndex: from, endIndex: to } = node;
        // What the parser put in for something missing.
        if (from === to) continue;
        if (kind === "identifier") names.count(source.slice(from, to));
        else if (kind === "import") outline.addImport(source.slice(from, to).replace(/^["'<]|[">']$/g, ""), from, ["*"]);
        else if (name !== undefined && kind !== "name" && !kind.startsWith("_") && !found.has(name.startIndex)) {
          const at = name.startIndex;
          found.set(at, { kind: kind as DefinitionKind, node, at, name: source.slice(at, name.endIndex) });
        }
      }
    }
    this.#define(source, outline, [...found.values()]);
    const { lines, definitions, imports } = outline.finish((_, parent) => parent?.exported ?? true);
    return { lines, definitions, identifiers: names.counts(), imports };
  }

  /** Adds definitions in the order of their names; each is in the innermost that is open there. */
  #define(source: string, outline: Outline, found: readonly Found[]): void {
    const open: { index: number; endAt: number }[] = [];
    for (const { kind, node, at, name } of [...found].sort((a, b) => a.at - b.at)) {
      if (name === "") continue;
      while (open.length > 0 && (open.at(-1)?.endAt ?? 0) <= at) open.pop();
      const index = outline.add(kind, name, at, open.at(-1)?.index ?? -1, node.startIndex);
      outline.end(index, node.endIndex);
      const brace = source.indexOf("{", at);
      const lineEnd = source.indexOf("\n", at);
      if (brace !== -1 && brace < node.endIndex && (lineEnd === -1 || brace < lineEnd)) outline.signatureEnd(index, brace);
      if (name.startsWith("_") || this.#hidden.test(source.slice(node.startIndex, node.startIndex + 12))) outline.hide(index);
      open.push({ index, endAt: node.endIndex });
    }
  }
}
