// Assistants name their conversations with small calls of their own, sent beside the turn that the user waits for. Claude
// Code asks for an object with a `title`; opencode tells the model in its first words that it is to find one.

import { isObject } from "./json-object.ts";

const OPENING_UNITS = 300;
const TITLE = /\btitle (?:generator|writer)\b|\b(?:generat|creat|writ)(?:e|es|ing)\b[^.\n]{0,60}\btitles?\b/i;

/** @param schema of the answer asked for. @param opening first text of the system prompt. Call it for requests without tools. */
export function asksForTitle(schema: unknown, opening: unknown): boolean {
  if (isObject(schema) && isObject(schema.properties) && Object.hasOwn(schema.properties, "title")) return true;
  return typeof opening === "string" && TITLE.test(opening.slice(0, OPENING_UNITS));
}
