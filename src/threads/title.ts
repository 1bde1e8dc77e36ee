// What a thread is called: the first line a person wrote, or what the client's own title call answered.

import type { Json } from "../ports/index.ts";
import { textOfBlock, withoutNoise } from "./essence.ts";

const TITLE_UNITS_MAX = 120;
const USER_ROLE = "user";

/** Empty when nobody wrote a line. */
export function titleFrom(messages: readonly { readonly role: string; readonly content: readonly Json[] }[]): string {
  for (const { role, content } of messages) {
    if (role !== USER_ROLE) continue;
    for (const block of content) {
      // What stands in angle brackets was put there by the client.
      const line = withoutNoise(textOfBlock(block) ?? "")
        .split("\n", 50)
        .map((each) => each.trim())
        .find((each) => each !== "" && !each.startsWith("<"));
      if (line) return shortened(line);
    }
  }
  return "";
}

/** Of the answer to a title call: an object with a `title`, or the words themselves. */
export function titleAnswered(content: readonly Json[]): string {
  const text = content
    .map((block) => textOfBlock(block) ?? "")
    .join("")
    .trim();
  return shortened((titleIn(text) ?? text.split("\n", 1)[0] ?? "").trim());
}

function titleIn(text: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const { title } = JSON.parse(text) as { title?: unknown };
    return typeof title === "string" ? title : "";
  } catch {
    return "";
  }
}

const shortened = (line: string): string =>
  line.length <= TITLE_UNITS_MAX
    ? line
    : `${line
        .slice(0, TITLE_UNITS_MAX - 1)
        .toWellFormed()
        .trimEnd()}…`;
