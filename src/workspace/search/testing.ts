// For tests of searches: a glob matcher that is slow and plain to see right, and the real ripgrep.

import { expandBraces } from "./glob-braces.ts";
import type { GrepQuery } from "./grep-query.ts";
import { readable, stringOf } from "./searched-text.ts";

/** Tries every way to match; for short patterns and paths only. Braces are written out by the code under test, which has a table of its own. */
export function slowGlob(pattern: string, path: string): boolean {
  const anchored = pattern.startsWith("/") || pattern.startsWith("./") || pattern.slice(0, -1).includes("/");
  const rooted = pattern.replace(/^(?:\.\/)?\/?/, "");
  const whole = rooted.endsWith("/") || rooted === "" ? `${rooted}**` : rooted;
  return expandBraces(anchored ? whole : `**/${whole}`).some((each) => partsMatch(each.split("/"), path.split("/")));
}

function partsMatch(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first !== "**") return path.length > 0 && nameMatches(first, path[0] as string) && partsMatch(rest, path.slice(1));
  // At the end, `**` is at least one name; before others, any number.
  const least = rest.length === 0 ? 1 : 0;
  return (
    path.some((_, index) => index >= least && partsMatch(rest, path.slice(index))) ||
    (path.length >= least && partsMatch(rest, []))
  );
}

/** Token by token as a regular expression. */
const nameMatches = (pattern: string, name: string) =>
  new RegExp(
    `^${pattern.replace(/\\(.)|\[([!^]?)([^\]]+)\]|\*+|\?|[.{}\]]/gu, (token, escaped, negation, members) => {
      if (members !== undefined) return negation === "" ? `[${members}]` : `[^${members}]`;
      if (token[0] === "*") return ".*";
      return token === "?" ? "." : `\\${escaped ?? token}`;
    })}$`,
    "su",
  ).test(name);

export interface FoundLine {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** What the program ripgrep finds below a folder, hidden and ignored files too, sorted by path; undefined: it refuses the pattern. */
export function ripgrep(program: string, folder: string, query: GrepQuery): FoundLine[] | undefined {
  const flags = [
    "--line-number",
    "--column",
    "--no-heading",
    "--null",
    "--sort=path",
    "--hidden",
    "--no-ignore",
    "--color=never",
    "--no-config",
  ];
  if (query.isLiteral) flags.push("--fixed-strings");
  if (query.isWord) flags.push("--word-regexp");
  if (query.case === "insensitive") flags.push("--ignore-case");
  if (query.case === "smart") flags.push("--smart-case");
  for (const glob of query.globs ?? []) flags.push(`--glob=${glob}`);
  const { stdout, exitCode } = Bun.spawnSync([program, ...flags, "-e", query.pattern, "."], { cwd: folder, stderr: "ignore" });
  if (exitCode === 2 && stdout.length === 0) return undefined;
  const found: FoundLine[] = [];
  // Paths end by NUL, and no line found in a text holds one.
  for (const [, path = "", line, column, text = ""] of stdout
    .toString("latin1")
    .matchAll(/(?<=^|\n)([^\0\n]+)\0(\d+):(\d+):([^\n]*)/g)) {
    const bytes = Buffer.from(text, "latin1");
    found.push({
      path: Buffer.from(path, "latin1").toString().replace(/^\.\//, ""),
      line: Number(line),
      column: Number(column),
      text: readable(stringOf({ bytes, isAscii: false })),
    });
  }
  return found;
}

export const inOrder = (found: readonly FoundLine[]) =>
  [...found].sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
