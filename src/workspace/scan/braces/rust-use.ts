// Reads `use a::{b, c::{d as e, f::*}};`: one import for each path it ends in, since each may lie in another file.

import { BRACE, BRACE_CLOSE, COLON, COMMA, SEMICOLON, STAR } from "./marks.ts";
import type { Walk } from "./walk.ts";

/** Paths longer than this are cut: nothing sensible is. */
const PATH_CHARACTERS_MAX = 400;

/** @param at of the word `use`. @returns the index after the statement. */
export function readRustUse(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  const prefixes: string[] = [];
  let prefix = "";
  let path = "";
  let isRenamed = false;
  const end = () => {
    if (path !== "" && path !== prefix) report(walk, at, path);
    path = prefix;
    isRenamed = false;
  };
  let index = at + 1;
  for (; index < to && tokens.kind(index) !== SEMICOLON; index++) {
    const kind = tokens.kind(index);
    if (kind === BRACE) {
      prefixes.push(prefix);
      prefix = path;
    } else if (kind === BRACE_CLOSE) {
      end();
      prefix = prefixes.pop() ?? "";
      path = prefix;
    } else if (kind === COMMA) end();
    else if (tokens.text(index) === "as") isRenamed = true;
    else if (kind === STAR) path += "*";
    else if (kind === COLON) path += path.length < PATH_CHARACTERS_MAX ? ":" : "";
    else if (!isRenamed && path.length < PATH_CHARACTERS_MAX) path += tokens.text(index);
  }
  end();
  return index + 1;
}

function report(walk: Walk, at: number, path: string): void {
  const cut = path.lastIndexOf("::");
  const name = cut === -1 ? path : path.slice(cut + 2);
  if (name === "*") walk.addImport(path.slice(0, Math.max(cut, 0)), at, ["*"]);
  else if (name === "self") walk.addImport(path.slice(0, Math.max(cut, 0)) || "self", at, ["*"]);
  else walk.addImport(path, at, [name]);
}
