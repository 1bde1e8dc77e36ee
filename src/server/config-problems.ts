// What is wrong with a configuration, for the person who wrote it: where, what, and what to write instead.
// Never repeats a value, only names of keys: any value may be a secret in the wrong place.

import type { z } from "zod";
import { nearestName } from "../base/index.ts";
import { keysOfLaterVersions } from "./config-schema.ts";
import { allKeys, type KeyPath, nodeAt, pathInWords, type SchemaNode, valueInWords } from "./config-words.ts";

export interface Problem {
  readonly path: KeyPath;
  /** `is text; needed: whole number, 0 to 65535`. */
  readonly text: string;
}

type Issue = z.core.$ZodIssue;

/** One problem for every issue; one for each unknown key. `raw` is what was parsed. */
export function problemsOf(issues: readonly Issue[], root: SchemaNode, raw: unknown): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path as KeyPath;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], text: unknownKey(key, path, root) }));
    }
    return [{ path, text: textOf(issue, nodeAt(root, path), valueAt(raw, path)) }];
  });
}

function textOf(issue: Issue, node: SchemaNode | undefined, value: unknown): string {
  const needed = node ? `; needed: ${valueInWords(node)}` : "";
  switch (issue.code) {
    case "custom":
      return issue.message;
    case "invalid_type":
      return `${kindInWords(value)}${needed}`;
    case "invalid_value":
      return `is none of the choices${needed}`;
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return `is too short; write at least ${issue.minimum}`;
      return `is too small${needed}`;
    case "too_big":
      if (issue.origin === "string") return `is too long; write at most ${issue.maximum} characters`;
      if (issue.origin === "array") return `has too many entries; write at most ${issue.maximum}`;
      return `is too large${needed}`;
    case "invalid_key":
      return "has a name of the wrong length; write 1 to 200 characters";
    default:
      return `is not of the right form${needed}`;
  }
}

function unknownKey(key: string, path: KeyPath, root: SchemaNode): string {
  if (path.length === 0 && keysOfLaterVersions.includes(key)) return "is not available in this version; remove it";
  const siblings = Object.keys(nodeAt(root, path)?.properties ?? {});
  const near = nearestName(key, siblings);
  if (near) return `is no known key; did you mean \`${near}\`?`;
  const elsewhere = allKeys(root).find((known) => known.split(".").at(-1) === key);
  if (elsewhere) return `is no known key here; did you mean \`${elsewhere}\`?`;
  return `is no known key; known here: ${siblings.join(", ")}`;
}

function kindInWords(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is null";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "number") return Number.isInteger(value) ? "is a number" : "is not a whole number";
  return { string: "is text", boolean: "is true or false", object: "is an object" }[typeof value as string] ?? "is not usable";
}

function valueAt(raw: unknown, path: KeyPath): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** All problems in one message: a line each, with the place it came from where that is not the file. */
export function problemsInWords(
  problems: readonly Problem[],
  file: string | undefined,
  origins: ReadonlyMap<string, string>,
): string {
  const lines = problems.map(({ path, text }) => {
    const where = pathInWords(path);
    const origin = origins.get(String(path[0]));
    const subject = [where, origin && `(${origin})`].filter(Boolean).join(" ");
    return `  ${subject || "the file"}: ${text}`;
  });
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`The configuration${file === undefined ? "" : ` in ${file}`} has ${count}:`, ...lines].join("\n");
}
