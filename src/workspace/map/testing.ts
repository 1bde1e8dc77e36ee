// What the tests of maps share: small repositories of real sources, made-up records, and the tokenizer.

import type { Definition, ParseRecord } from "../scan/record.ts";
import { scanFile } from "../scan/scan-file.ts";
import type { MapEntry } from "./analysis.ts";
import { LineTokens, loadTokenizer } from "./count-tokens.ts";

export const lines = new LineTokens(await loadTokenizer());

/** Of TypeScript sources by path. */
export function sourceOf(files: Readonly<Record<string, string>>): MapEntry[] {
  return Object.entries(files).map(([path, text]) => ({ path, record: scanFile("typescript", text) }));
}

export function recordOf(definitions: readonly Partial<Definition>[], words: readonly string[] = []): ParseRecord {
  const whole = definitions.map(
    (definition, at): Definition => ({
      name: `name${at}`,
      kind: "function",
      line: at + 1,
      endLine: at + 1,
      parent: -1,
      exported: true,
      signature: `function ${definition.name ?? `name${at}`}()`,
      ...definition,
    }),
  );
  const names = [...new Set([...whole.map(({ name }) => name), ...words])];
  const counts = { names, counts: names.map(() => 1) };
  return {
    language: "typescript",
    tier: "lexical",
    lines: 1_000,
    definitions: whole,
    identifiers: counts,
    words: counts,
    imports: [],
  };
}
