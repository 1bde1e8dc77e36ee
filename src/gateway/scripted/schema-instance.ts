// The plainest value that a JSON schema allows: what the scripted model answers where a client asks for JSON, or forces
// a tool. Covers what clients send (type, properties, required, items, enum, const, anyOf, local $ref); formats and
// patterns are not tried.

import { isRecord, type Json, records, text } from "./prompt.ts";

const DEPTH_MAX = 12;
const ITEMS_MAX = 16;

export function schemaInstance(schema: unknown): unknown {
  return instance(schema, isRecord(schema) ? schema : {}, 0);
}

function instance(schema: unknown, root: Json, depth: number): unknown {
  if (!isRecord(schema) || depth > DEPTH_MAX) return {};
  if ("const" in schema) return schema.const;
  if ("default" in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (typeof schema.$ref === "string") return instance(referred(schema.$ref, root), root, depth + 1);
  const choice = records(schema.anyOf ?? schema.oneOf ?? schema.allOf)[0];
  if (choice) return instance(choice, root, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "string":
      return "scripted".padEnd(number(schema.minLength), ".").slice(0, number(schema.maxLength, Infinity));
    case "number":
    case "integer":
      return number(schema.minimum, number(schema.exclusiveMinimum, -1) + 1);
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return Array.from({ length: Math.min(number(schema.minItems), ITEMS_MAX) }, () => instance(schema.items, root, depth + 1));
    default:
      return object(schema, root, depth);
  }
}

function object(schema: Json, root: Json, depth: number): Json {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const names = required.map(text).filter((name) => name !== "");
  return Object.fromEntries(names.map((name) => [name, instance(properties[name], root, depth + 1)]));
}

function referred(reference: string, root: Json): unknown {
  if (!reference.startsWith("#")) return {};
  let value: unknown = root;
  for (const step of reference.split("/").slice(1)) value = isRecord(value) ? value[step] : undefined;
  return value;
}

const number = (value: unknown, otherwise = 0): number => (typeof value === "number" ? value : otherwise);
