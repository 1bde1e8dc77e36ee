// Writes that could not be kept as they are told so before a transaction begins: numbers that are none, names that would be
// another one as bytes, and keys without a character.

import type { ThreadWrite } from "../../ports/index.ts";

/** Why not; undefined when it can be kept. */
export function problemOf(write: ThreadWrite): string | undefined {
  const { tenant, id } = write.key;
  if (tenant === "" || id === "" || tenant.includes("\0") || id.includes("\0"))
    return "a key is empty, or holds the character NUL";
  const found = { texts: [] as string[], numbers: [] as number[] };
  // Contents are encoded as JSON, which keeps any text; pieces of drafts may end inside a character.
  const { key, ...rest } =
    write.kind === "put" ? { ...write, messages: write.messages?.map(({ content, ...each }) => each) } : write;
  collect(key, found);
  collect(rest.kind === "draft" ? { ...rest, text: "" } : rest, found);
  if (found.numbers.some((number) => !Number.isFinite(number))) return "a time or number is not finite";
  if (found.texts.some((text) => !text.isWellFormed())) return "a name or title holds half of a character";
  return undefined;
}

function collect(value: unknown, found: { texts: string[]; numbers: number[] }): void {
  if (typeof value === "string") found.texts.push(value);
  else if (typeof value === "number") found.numbers.push(value);
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) collect(each, found);
}
