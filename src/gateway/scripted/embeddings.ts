// OpenAI's Embeddings: a unit vector for each input, drawn from a source seeded with the text. Equal texts have equal
// vectors; nothing else is meant by them.

import { seededRandom } from "../../base/index.ts";
import type { BadRequest } from "../dialects/dialect.ts";
import { digest } from "./canonical.ts";
import { type Json, text } from "./prompt.ts";
import { inputTokens } from "./tokens.ts";

const DIMENSIONS_DEFAULT = 1536;
const DIMENSIONS_MAX = 4096;
const INPUTS_MAX = 2048;

export function embed(json: Json): Json | BadRequest {
  const model = text(json.model);
  if (model === "") return { badRequest: "you must provide a model parameter" };
  const inputs = inputsOf(json.input);
  if (inputs === undefined)
    return { badRequest: "Invalid 'input': expected a string, an array of strings, or an array of tokens." };
  if (inputs.length > INPUTS_MAX) return { badRequest: `Invalid 'input': at most ${INPUTS_MAX} inputs are taken at once.` };
  const dimensions = json.dimensions ?? DIMENSIONS_DEFAULT;
  if (typeof dimensions !== "number" || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > DIMENSIONS_MAX) {
    return { badRequest: `Invalid 'dimensions': expected a whole number from 1 to ${DIMENSIONS_MAX}.` };
  }
  const base64 = json.encoding_format === "base64";
  const data = inputs.map((input, index) => {
    const vector = unitVector(`${model}\n${input}`, dimensions);
    return { object: "embedding", index, embedding: base64 ? Buffer.from(vector.buffer).toString("base64") : [...vector] };
  });
  const tokens = inputs.reduce((sum, input) => sum + inputTokens(input), 0);
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** Texts as they are; a list of token numbers counts as one input. Undefined when it is neither, or empty. */
function inputsOf(input: unknown): readonly string[] | undefined {
  if (typeof input === "string") return input === "" ? undefined : [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (input.every((item) => typeof item === "number")) return [input.join(" ")];
  if (input.every((item) => typeof item === "string" && item !== "")) return input;
  if (input.every((item) => Array.isArray(item) && item.every((token) => typeof token === "number"))) {
    return input.map((item: readonly number[]) => item.join(" "));
  }
  return undefined;
}

function unitVector(seed: string, dimensions: number): Float32Array<ArrayBuffer> {
  const random = seededRandom(Number.parseInt(digest(seed).slice(0, 8), 16));
  const drawn = Float64Array.from({ length: dimensions }, () => random.next() * 2 - 1);
  const length = Math.hypot(...drawn) || 1;
  return Float32Array.from(drawn, (value) => value / length);
}
