// Shapes of parsed JSON: the questions a dialect asks of a value it did not make.
// Nothing is validated beyond the outermost shape; the upstream judges the rest.

import { text } from "../../base/index.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; empty when `value` is no list. Anything else in it is left out. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The object that a JSON text says, or undefined when it is no JSON or no object. */
export function parseObject(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object that an answer of JSON is; undefined when it is none. Parses only what nobody has parsed before. */
export function answerObject({ bytes, json }: { readonly bytes: Uint8Array; readonly json?: unknown }): JsonObject | undefined {
  if (json === undefined) return parseObject(text(bytes));
  return isObject(json) ? json : undefined;
}
