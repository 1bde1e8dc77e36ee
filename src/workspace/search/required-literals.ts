// Which texts a line must hold to match at all: a list of sets, and at least one text of each set is in every match. They let a search pass
// over files by their filters and by a search for bytes, before any expression runs. Texts are UTF-8 bytes; folded ones are lower-case ASCII.

import type { RegexNode } from "./regex-tree.ts";

export interface RequiredText {
  readonly bytes: Buffer;
  /** Case does not count. */
  readonly isFolded: boolean;
}

/** At least one of them is in every match. */
export type OneOf = readonly RequiredText[];

const ASCII = 128;
const TEXTS_MAX = 16;
const SETS_MAX = 4;
/** Shorter ones say little. */
const BYTES_MIN = 3;

/** The most telling first; empty: nothing is required. */
export function requiredLiterals(tree: RegexNode): readonly OneOf[] {
  const found = collect(tree).filter((set) => set.length <= TEXTS_MAX && set.every(({ bytes }) => bytes.length >= BYTES_MIN));
  return found.sort((a, b) => weight(b) - weight(a)).slice(0, SETS_MAX);
}

const weight = (set: OneOf) => Math.min(...set.map(({ bytes }) => bytes.length)) - set.length;

function collect(node: RegexNode): OneOf[] {
  if (node.kind === "literal") return runsOf([node]);
  if (node.kind === "sequence") return runsOf(node.parts);
  if (node.kind === "repeat") return node.min > 0 ? collect(node.body) : [];
  if (node.kind !== "choice") return [];
  const best = node.branches.map((branch) => requiredLiterals(branch)[0]);
  const all = best.flatMap((set) => set ?? []);
  return best.includes(undefined) || all.length > TEXTS_MAX ? [] : [all];
}

function runsOf(parts: readonly RegexNode[]): OneOf[] {
  const found: OneOf[] = [];
  let run = "";
  let isFolded = false;
  const flush = () => {
    if (run !== "") found.push([textOf(run, isFolded)]);
    run = "";
  };
  for (const part of parts) {
    // Groups around plain text read on.
    const inner = part.kind === "sequence" && part.parts.every(({ kind }) => kind === "literal") ? part.parts : [part];
    for (const node of inner) {
      if (node.kind !== "literal") {
        flush();
        found.push(...collect(node));
      } else if (node.isFolded && node.point >= ASCII) flush();
      else {
        if (node.isFolded !== isFolded) flush();
        isFolded = node.isFolded;
        run += String.fromCodePoint(node.point);
      }
    }
  }
  flush();
  return found;
}

function textOf(run: string, isFolded: boolean): RequiredText {
  const text = isFolded ? run.toLowerCase() : run;
  return { bytes: Buffer.from(text), isFolded: isFolded && /[a-z]/.test(text) };
}
