// Files of one language from a folder of real code, for tests and figures: an even sample in a fixed order.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { languageOf } from "../languages.ts";
import type { Language } from "../record.ts";
import type { OracleFile } from "./oracle.ts";

const FILE_BYTES_MAX = 1_000_000;
const LEFT_OUT: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** @returns up to `filesMax` files of a language below `folder`, spread evenly over all of them in order of path. */
export function checkoutFiles(folder: string, language: Language, filesMax: number): OracleFile[] {
  return sampleFiles(folder, pathsBelow(folder), language, filesMax);
}

/** The same from paths that are known. */
export function sampleFiles(folder: string, paths: readonly string[], language: Language, filesMax: number): OracleFile[] {
  const fitting = paths.filter((path) => languageOf(path) === language);
  const step = Math.max(1, fitting.length / filesMax);
  return Array.from({ length: Math.min(fitting.length, filesMax) }, (_, index) => fitting[Math.floor(index * step)] as string)
    .map((path) => ({ path, source: readFileSync(join(folder, path), "utf8") }))
    .filter(({ source }) => source.length <= FILE_BYTES_MAX);
}

/** The paths of all files below a folder, sorted, without what git and package managers keep there. */
export function pathsBelow(folder: string, under = ""): string[] {
  const entries = readdirSync(join(folder, under), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : pathsBelow(folder, path);
    return entry.isFile() ? [path] : [];
  });
}
