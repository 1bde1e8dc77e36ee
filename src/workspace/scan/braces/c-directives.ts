// What the preprocessor's lines say: macros are definitions, included files are imports.

import { SIGNATURE_CHARACTERS_MAX } from "../record.ts";
import type { LexicalReader } from "./lexical-table.ts";
import { TOP, type Walk } from "./walk.ts";

/** No sensible name or path is longer. */
const LOOKED_AT_MAX = 400;

export function takeDirectives(walk: Walk, lexer: LexicalReader): void {
  for (const { name, line, endLine, from, to } of lexer.directives) {
    const text = lexer.source.slice(from, Math.min(to, from + LOOKED_AT_MAX));
    if (name !== "define") {
      const path = /^\s*(?:"([^"\n]*)"|<([^>\n]*)>)/.exec(text);
      const specifier = path?.[1] ?? path?.[2];
      if (specifier !== undefined) walk.imports.push({ specifier, line, names: ["*"] });
      continue;
    }
    const macro = /^(\s+)([\p{L}_$][\p{L}\p{N}_$]*)(\([^)]*\)?)?(.*)/su.exec(text);
    if (macro === null) continue;
    const [, gap = "", text_ = "", parameters = "", value = ""] = macro;
    // A name without a value is a flag, mostly of an include guard.
    if (parameters === "" && isEmpty(value)) continue;
    walk.add({
      name: text_,
      kind: "macro",
      line,
      endLine,
      exported: true,
      signature: `#define ${text_}${parameters.replace(/\s+/g, " ")}`.slice(0, SIGNATURE_CHARACTERS_MAX).trimEnd(),
      place: from + gap.length,
      scope: TOP,
    });
  }
}

function isEmpty(value: string): boolean {
  return value.replace(/\/\*.*?\*\/|\/\/.*|\\\r?\n/gs, "").trim() === "";
}
