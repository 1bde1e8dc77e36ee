// The embeddings endpoint: the same text always gives the same vectors.

import { canonicalFault } from "../canonical-json.ts";
import type { EndpointPart } from "./endpoint-part.ts";
import { entriesOf, jsonOnly } from "./json-only.ts";
import { openingText } from "./opening.ts";
import { usageFrom } from "./usage.ts";

/** A list of numbers, or base64 when asked for. */
const isVector = (value: unknown): boolean => (Array.isArray(value) || typeof value === "string") && value.length > 0;

/** The platform cannot write a list that is nested without end. */
const listText = (input: unknown): string => (canonicalFault(input) ? "" : JSON.stringify(input));

export const embeddings: EndpointPart = {
  ...jsonOnly,
  problem({ input }) {
    if (typeof input === "string" || Array.isArray(input)) return undefined;
    return "`input` must be a string or an array: send the text to embed.";
  },
  fingerprint: ({ input }) => openingText(undefined, typeof input === "string" ? input : listText(input)),
  usageOf: (answer) => usageFrom(answer.usage),
  storable(answer) {
    const entries = entriesOf(answer);
    return entries.length > 0 && entries.every(({ embedding }) => isVector(embedding));
  },
};
