// Holds a scanner against tree-sitter: both read the same files, and the sets of (name, line) of their definitions are
// compared. Files that tree-sitter itself cannot parse, or that the scanner keeps words of only, are counted and left out.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Language as Grammar, type Node, Parser, Query } from "web-tree-sitter";
import type { Language } from "../record.ts";
import { scanFile } from "../scan-file.ts";
import { mendGrammar } from "./mend-grammar.ts";
import { oracleQueries } from "./oracle-queries.ts";
import type { OracleQuery } from "./oracle-query.ts";

export interface OracleFile {
  readonly path: string;
  readonly source: string;
}

/** `path:line name` */
export type Difference = string;

export interface OracleComparison {
  /** Share of our definitions that the oracle has too; 1 if there are none. */
  readonly precision: number;
  /** Share of the oracle's definitions that we have too; 1 if there are none. */
  readonly recall: number;
  /** Distinct (path, line, name) of each side. */
  readonly oracle: number;
  readonly ours: number;
  readonly files: number;
  /** Files that tree-sitter cannot parse, or is known to misread, and files of words only. */
  readonly skipped: number;
  /** What only the oracle has, in order of path and line. */
  readonly missing: readonly Difference[];
  /** What only we have. */
  readonly extra: readonly Difference[];
}

/** Compares `language`'s scanner with its grammar's query. Throws if the language has no query in oracle-queries.ts. */
export async function compareWithOracle(language: Language, files: readonly OracleFile[]): Promise<OracleComparison> {
  const ask = await openOracle(language);
  const missing: Difference[] = [];
  const extra: Difference[] = [];
  const total = { oracle: 0, ours: 0, files: 0, skipped: 0 };
  try {
    for (const { path, source } of files) {
      const expected = ask.definitions(source);
      const record = scanFile(language, source);
      if (expected === undefined || record.tier === "words") {
        total.skipped++;
        continue;
      }
      const found = new Set(record.definitions.map(({ name, line }) => `${path}:${line} ${name}`));
      const wanted = new Set(expected.map(({ name, line }) => `${path}:${line} ${name}`));
      total.files++;
      total.oracle += wanted.size;
      total.ours += found.size;
      missing.push(...[...wanted].filter((entry) => !found.has(entry)));
      extra.push(...[...found].filter((entry) => !wanted.has(entry)));
    }
  } finally {
    ask.close();
  }
  return {
    precision: total.ours === 0 ? 1 : 1 - extra.length / total.ours,
    recall: total.oracle === 0 ? 1 : 1 - missing.length / total.oracle,
    ...total,
    missing,
    extra,
  };
}

interface Oracle {
  /** Undefined if the grammar cannot read the source. */
  definitions(source: string): { name: string; line: number }[] | undefined;
  close(): void;
}

async function openOracle(language: Language): Promise<Oracle> {
  const entry = oracleQueries.get(language);
  if (entry === undefined) throw new Error(`${language} has no oracle query. Write one in queries/ and list it.`);
  const grammars = dirname(createRequire(import.meta.url).resolve("tree-sitter-wasms/package.json"));
  await Parser.init();
  const grammar = await Grammar.load(mendGrammar(readFileSync(join(grammars, "out", `tree-sitter-${entry.grammar}.wasm`))));
  const parser = new Parser();
  parser.setLanguage(grammar);
  const query = new Query(grammar, entry.query);
  const misread = new Query(grammar, entry.misread ?? "");
  return {
    definitions(source) {
      const tree = parser.parse(source);
      if (tree === null) return undefined;
      try {
        const isBroken = tree.rootNode.hasError || misread.captures(tree.rootNode).length > 0;
        return isBroken ? undefined : namesOf(entry, query, tree.rootNode);
      } finally {
        tree.delete();
      }
    },
    close() {
      query.delete();
      misread.delete();
      parser.delete();
    },
  };
}

function namesOf(entry: OracleQuery, query: Query, root: Node): { name: string; line: number }[] {
  const nodes = query
    .captures(root)
    .flatMap(({ name, node }) => (name === "name" ? [node] : name === "pattern" ? (entry.namesIn?.(node) ?? []) : []))
    .filter((node) => entry.isDefinition?.(node) ?? true);
  return nodes.map((node) => ({ name: entry.nameOf?.(node) ?? node.text, line: node.startPosition.row + 1 }));
}

/** One line of figures and the first differences, for people. */
export function describeComparison(language: Language, comparison: OracleComparison, differencesMax = 20): string {
  const { precision, recall, oracle, ours, files, skipped, missing, extra } = comparison;
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  return [
    `${language}: precision ${percent(precision)}, recall ${percent(recall)}; ${oracle} by tree-sitter, ${ours} by us; ${files} files, ${skipped} skipped`,
    ...missing.slice(0, differencesMax).map((difference) => `  missing ${difference}`),
    ...extra.slice(0, differencesMax).map((difference) => `  extra   ${difference}`),
  ].join("\n");
}
