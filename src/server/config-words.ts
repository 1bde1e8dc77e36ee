// The schema in words: what a key takes, for error messages and for the reference page, so that both say the same.
// Works on JSON Schema (2020-12, as zod prints it), never on zod's insides.

import { z } from "zod";
import { configSchema } from "./config-schema.ts";

/** The parts of a JSON Schema node that this configuration uses. `words` is ours: what a piece of text must be. */
export interface SchemaNode {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  words?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  additionalProperties?: SchemaNode | boolean;
}

export type KeyPath = readonly (string | number)[];

export const configNode = (): SchemaNode => z.toJSONSchema(configSchema, { io: "input" }) as SchemaNode;

/** The node at `path`, or undefined where the schema has no such key. */
export function nodeAt(root: SchemaNode, path: KeyPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const part of path) {
    if (!node) return undefined;
    if (typeof part === "number") node = node.items;
    else if (node.properties) node = Object.hasOwn(node.properties, part) ? node.properties[part] : undefined;
    else node = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  }
  return node;
}

/** What may be written there: `whole number, 1 to 65535`. */
export function valueInWords(node: SchemaNode): string {
  if (node.enum) return node.enum.map((choice) => `"${choice}"`).join(" or ");
  if (node.words) return node.words;
  switch (node.type) {
    case "integer":
      return `whole number, ${node.minimum} to ${node.maximum}`;
    case "number":
      return `number, ${node.minimum} to ${node.maximum}`;
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    case "array":
      return node.items?.properties ? "list of objects" : `list of ${node.items ? listed(node.items) : "values"}`;
    default:
      return node.properties ? "object" : `object of names and ${valuesOf(node)}`;
  }
}

const valuesOf = ({ additionalProperties }: SchemaNode): string => {
  const { type, properties } = typeof additionalProperties === "object" ? additionalProperties : {};
  if (properties) return "objects";
  return type === "number" || type === "integer" ? "numbers" : "text";
};

const listed = (node: SchemaNode): string => (node.type === "string" && !node.enum ? "text" : valueInWords(node));

/** `upstreams[0].baseUrl`. Names that are no plain words are quoted. */
export function pathInWords(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part.length > 60 ? `${part.slice(0, 60)}…` : part)}]`;
  }
  return text;
}

/** Every key that can be written, with `[]` for the places of a list, in the order of the schema. */
export function allKeys(node: SchemaNode, prefix = ""): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix + name;
    return [key, ...allKeys(child, `${key}.`), ...(child.items ? allKeys(child.items, `${key}[].`) : [])];
  });
}
