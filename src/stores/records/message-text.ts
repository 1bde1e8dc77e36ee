// The texts of a message: what people would look for in it, its beginning, and what stands around a word.

import type { Json, NewMessage } from "../../ports/index.ts";
import { placeOfWord } from "./words.ts";

const EXCERPT_UNITS = 160;
/** Units before and behind the first word found. */
const BEFORE = 60;
const BEHIND = 180;
/** Names of what is no text of anybody's. */
const NO_TEXT: ReadonlySet<string> = new Set(["type", "id"]);

/** Prompts are not: every conversation of an assistant has the same one, which says nothing of it. */
export const isSearched = ({ role }: Pick<NewMessage, "role">): boolean => role !== "system";

/** Every text but names of kinds and ids. */
export const textOf = (content: readonly Json[]): string => [...textsIn(content)].join("\n");

/** The beginning of the first text that has any. Without NUL, which not every engine keeps. */
export function excerptOf(content: readonly Json[]): string {
  for (const text of textsIn(content)) {
    const start = text
      .slice(0, 4 * EXCERPT_UNITS)
      .replaceAll(/[\s\0]+/g, " ")
      .trim();
    if (start !== "") return start.slice(0, EXCERPT_UNITS).toWellFormed();
  }
  return "";
}

/** @param words as `wordsOf` a question gives them */
export function excerptAround(text: string, words: ReadonlySet<string>): string {
  const place = placeOfWord(text, words);
  return text
    .slice(Math.max(0, place - BEFORE), place + BEHIND)
    .toWellFormed()
    .replaceAll(/[\s\0]+/g, " ")
    .trim();
}

/** In their order. By a list of what is left, so that no depth is too deep. */
function* textsIn(value: Json): Generator<string> {
  const left: Json[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") yield next;
    else if (Array.isArray(next)) for (const each of (next as Json[]).toReversed()) left.push(each);
    else if (typeof next === "object" && next !== null) {
      for (const [name, each] of Object.entries(next).reverse()) if (!NO_TEXT.has(name)) left.push(each as Json);
    }
  }
}
