// The words of an answer that a reader sees, without thoughts and calls of tools.

import type { Json } from "../../ports/index.ts";
import type { Dialect, Endpoint } from "./dialect.ts";
import { isObject } from "./json-object.ts";

const WORDS: ReadonlySet<unknown> = new Set(["text", "output_text"]);

/** @param bytes whole events of a stream, from anywhere in it. */
export function answerText(dialect: Pick<Dialect, "answerContent">, endpoint: Endpoint, bytes: Uint8Array): string {
  const { content } = dialect.answerContent(endpoint, { wire: "events", bytes });
  return content.map(wordsIn).join("");
}

const wordsIn = (block: Json): string =>
  isObject(block) && WORDS.has(block.type) && typeof block.text === "string" ? block.text : "";
