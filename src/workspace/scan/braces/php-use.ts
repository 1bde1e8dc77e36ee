// Reads `use A\{B, C as D};`, `use function A\b;`: one import for each name taken.

import { BRACE, BRACE_CLOSE, COMMA, PAREN, SEMICOLON } from "./marks.ts";
import type { Walk } from "./walk.ts";

const BACKSLASH = 92;

/** @param at of the word `use` at the top of a file. @returns the index after the statement. */
export function readPhpUse(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  if (tokens.kind(at + 1) === PAREN) return at + 1;
  let prefix = "";
  let path = "";
  let isRenamed = false;
  const end = () => {
    const name = path.slice(path.lastIndexOf("\\") + 1);
    if (name !== "") walk.addImport(path.replace(/^\\/, ""), at, [name]);
    path = prefix;
    isRenamed = false;
  };
  let index = at + 1;
  for (; index < to && tokens.kind(index) !== SEMICOLON; index++) {
    const kind = tokens.kind(index);
    const text = tokens.text(index);
    if (kind === BRACE) prefix = path;
    else if (kind === BRACE_CLOSE) {
      end();
      prefix = "";
      path = "";
    } else if (kind === COMMA) end();
    else if (text === "as") isRenamed = true;
    else if (kind === BACKSLASH) path += "\\";
    else if (!isRenamed && (path !== prefix || (text !== "function" && text !== "const"))) path += text;
    else if (!isRenamed && path !== "") path += text;
  }
  end();
  return index + 1;
}
