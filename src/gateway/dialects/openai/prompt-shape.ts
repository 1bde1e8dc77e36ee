// What admission and balancing ask of an OpenAI request: how long its answer may be, whether anybody waits for it, who
// alone can continue it, and where its prompt can be cut so that two requests of one conversation share their beginning.

import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { asksForTitle } from "../title-request.ts";
import type { EndpointPart } from "./endpoint-part.ts";

type Shape = Pick<EndpointPart, "outputMax" | "isTitle" | "binding" | "prefix">;

const hasTools = ({ tools }: JsonObject): boolean => Array.isArray(tools) && tools.length > 0;
const firstNumber = (...values: readonly unknown[]): number | undefined => values.find((value) => typeof value === "number");
const textOf = (content: unknown): unknown => (Array.isArray(content) ? objectsOf(content)[0]?.text : content);
const asParts = (content: unknown): unknown => (typeof content === "string" ? [{ text: content }] : content);

/** One part of a text alone reads like the bare text, whatever its type is called. */
const message = (item: JsonObject): unknown => {
  const { content, ...rest } = item;
  const parts = Array.isArray(content) ? content.map((part) => (isText(part) ? { text: part.text } : part)) : asParts(content);
  return [rest, parts];
};

const isText = (part: unknown): part is JsonObject => isObject(part) && typeof part.text === "string";

export const chatShape: Shape = {
  outputMax: (body) => firstNumber(body.max_completion_tokens, body.max_tokens),
  isTitle(body) {
    if (hasTools(body)) return false;
    const format = isObject(body.response_format) ? body.response_format.json_schema : undefined;
    return asksForTitle(isObject(format) ? format.schema : undefined, textOf(objectsOf(body.messages)[0]?.content));
  },
  binding: () => ({ answerId: undefined, sealed: false }),
  prefix: (body) => [body.tools, ...objectsOf(body.messages).map(message)],
};

export const responsesShape: Shape = {
  outputMax: (body) => firstNumber(body.max_output_tokens),
  isTitle(body) {
    if (hasTools(body)) return false;
    const format = isObject(body.text) ? body.text.format : undefined;
    return asksForTitle(
      isObject(format) ? format.schema : undefined,
      body.instructions ?? textOf(objectsOf(body.input)[0]?.content),
    );
  },
  /** Reasoning that is sent back encrypted can be read by the account alone that made it. */
  binding(body) {
    const { previous_response_id: previous } = body;
    const sealed = objectsOf(body.input).some(({ encrypted_content: content }) => typeof content === "string" && content !== "");
    return { answerId: typeof previous === "string" && previous !== "" ? previous : undefined, sealed };
  },
  prefix: (body) => [
    body.tools,
    body.instructions,
    ...(typeof body.input === "string" ? [body.input] : objectsOf(body.input).map(message)),
  ],
};
