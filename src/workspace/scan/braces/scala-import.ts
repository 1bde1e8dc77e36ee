// Reads `import a.b.{C, D => E}, f._`: one import for each path, with the names taken from it.

import { BRACE, COMMA, DOT, SEMICOLON, STAR } from "./marks.ts";
import { isClosing } from "./reading.ts";
import type { Walk } from "./walk.ts";

/** @param at of the word `import`. @returns the index after the statement, which ends with its line. */
export function readScalaImport(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at + 1;
  let from = index;
  const end = (last: number) => {
    if (last > from) one(walk, at, from, last);
  };
  while (index < to && tokens.kind(index) !== SEMICOLON && !isClosing(tokens.kind(index))) {
    if (index > at + 1 && tokens.isFresh(index) && tokens.kind(index - 1) !== COMMA && tokens.kind(index - 1) !== DOT) break;
    if (tokens.kind(index) === COMMA) {
      end(index);
      from = index + 1;
    }
    index = tokens.next(index);
  }
  end(index);
  return Math.max(index, at + 1);
}

/** One path, in tokens [from, last). */
function one(walk: Walk, at: number, from: number, last: number): void {
  const { tokens } = walk;
  let end = from;
  while (end < last && (walk.isName(end) || tokens.kind(end) === DOT || tokens.kind(end) >= 128)) end++;
  const pathTo = (index: number) => tokens.source.slice(tokens.start(from), tokens.end(index - 1)).replace(/\s+|\.$/g, "");
  const isGroup = tokens.kind(end) === BRACE && end < last;
  const isAll = (tokens.kind(end) === STAR && end < last) || tokens.text(end - 1) === "_";
  if (!isGroup && !isAll) {
    if (end > from) walk.addImport(pathTo(end), at, [tokens.text(end - 1)]);
    return;
  }
  const names: string[] = [];
  if (isAll) names.push("*");
  for (let index = end + 1; isGroup && index < tokens.partner(end); index++) {
    const isFirst = tokens.kind(index - 1) === BRACE || tokens.kind(index - 1) === COMMA;
    if (isFirst) names.push(tokens.text(index) === "_" || tokens.kind(index) === STAR ? "*" : tokens.text(index));
  }
  const path = pathTo(isAll && tokens.kind(end) !== STAR ? end - 1 : end);
  if (path !== "") walk.addImport(path, at, names);
}
