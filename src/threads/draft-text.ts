// Drafts hold the answer as it came over the wire, so that nothing is parsed while it streams. Which model API it is in is said by the
// draft's id; the words that a reader sees are taken out by a function that knows that API.

import { utf8 } from "../base/index.ts";

/** Visible text in whole events, or in a whole body. Never throws: what it cannot read has no text. */
export type TextOf = (dialect: string, endpoint: string, bytes: Uint8Array) => string;

const EVENT_END = /\r?\n\r?\n/g;

export const draftId = (dialect: string, endpoint: string, call: string): string => `${dialect}/${endpoint}/${call}`;

/** What a reader would see of it. */
export function visibleText(id: string, raw: string, textOf: TextOf): string {
  const [dialect = "", endpoint = ""] = id.split("/");
  return textOf(dialect, endpoint, utf8(raw));
}

/** How many characters of the text are whole server-sent events. */
export function wholeEvents(text: string): number {
  let end = 0;
  for (const match of text.matchAll(EVENT_END)) end = match.index + match[0].length;
  return end;
}
