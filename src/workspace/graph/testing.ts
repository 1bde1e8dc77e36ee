// What the tests of the graph share: repositories of files by their texts, scanned by the real scanners.

import { sortPaths } from "../list/path-order.ts";
import type { MapEntry } from "../map/analysis.ts";
import { decodeRecord, encodeRecord } from "../records/record-codec.ts";
import { languageOf } from "../scan/languages.ts";
import { scanFile } from "../scan/scan-file.ts";
import type { DependencyGraph } from "./dependency-graph.ts";
import { GraphBuilder, type GraphSource } from "./graph-builder.ts";

export type Texts = Readonly<Record<string, string>>;

export function sourceOf(texts: Texts): GraphSource {
  const paths = sortPaths(Object.keys(texts));
  const entries = paths.flatMap((path): MapEntry[] => {
    const language = languageOf(path);
    if (!language) return [];
    // As records are held: in their bytes.
    const record = decodeRecord(encodeRecord(scanFile(language, texts[path] ?? "")), language);
    return record ? [{ path, record }] : [];
  });
  const contents = entries.map(({ path }) => `${path}\0${texts[path]}`).join("\0");
  return { entries, paths, stateId: new Bun.CryptoHasher("sha256").update(contents).digest("hex") };
}

export function graphOf(texts: Texts): DependencyGraph {
  return new GraphBuilder((path) => texts[path]).build(sourceOf(texts)).graph;
}

/** By file, what it depends on; files that depend on nothing are left out. */
export function linksOf(texts: Texts): Record<string, readonly string[]> {
  const graph = graphOf(texts);
  const links = graph.paths.map((path): [string, readonly string[]] => [
    path,
    graph.importsOf([path], 1).map((each) => each.path),
  ]);
  return Object.fromEntries(links.filter(([, files]) => files.length > 0));
}

export const missingIn = (texts: Texts): readonly string[] => graphOf(texts).missing.map(({ specifier }) => specifier);

export const externalIn = (texts: Texts): readonly string[] =>
  graphOf(texts)
    .external()
    .map(({ name }) => name);
