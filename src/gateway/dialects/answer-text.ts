// The words of an answer that a reader sees, for those who hold its bytes and know no model API.

import type { Json } from "../../ports/index.ts";
import type { DialectName, Endpoint } from "./dialect.ts";
import { dialects } from "./dialects.ts";
import { isObject } from "./json-object.ts";

const WORDS: ReadonlySet<unknown> = new Set(["text", "output_text"]);

/** @param bytes whole events of a stream, from anywhere in it. */
export function answerText(dialect: DialectName, endpoint: Endpoint, bytes: Uint8Array): string {
  const { content } = dialects[dialect].answerContent(endpoint, { wire: "events", bytes });
  return content.map(wordsIn).join("");
}

const wordsIn = (block: Json): string =>
  isObject(block) && WORDS.has(block.type) && typeof block.text === "string" ? block.text : "";
