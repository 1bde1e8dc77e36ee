// The shape of a house rule: reads files, answers with sentences that say where, what is wrong and what to do instead.

import { lineAt, type SourceFile } from "./scan.ts";

export type Rule = (files: readonly SourceFile[]) => string[];

export const isTest = (path: string) => /\.test\.tsx?$/.test(path);
export const inSource = (path: string) => path.startsWith("src/");

/** A rule that forbids a pattern: `advice` of every place where it matches in the files that `applies` picks. */
export function forbid(
  pattern: RegExp,
  view: "code" | "comments" | "source",
  applies: (path: string) => boolean,
  advice: (match: string) => string,
): Rule {
  const everywhere = new RegExp(pattern, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`);
  return (files) =>
    files
      .filter((file) => applies(file.path))
      .flatMap((file) =>
        [...file[view].matchAll(everywhere)].map(
          (match) => `${file.path}:${lineAt(file.source, match.index)}: ${advice(match[0].trim())}`,
        ),
      );
}
