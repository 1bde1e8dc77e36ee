// What admission and balancing ask of an Anthropic request: how long its answer may be, whether anybody waits for it, who
// alone can continue it, and where its prompt can be cut so that two requests of one conversation share their beginning.

import type { Binding, Endpoint, RequestFacts } from "../dialect.ts";
import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { asksForTitle } from "../title-request.ts";
import { withoutBillingLine } from "./billing-line.ts";

export function outputMax(endpoint: Endpoint, { json }: RequestFacts): number | undefined {
  if (endpoint !== "messages") return 0;
  return typeof json.max_tokens === "number" ? json.max_tokens : undefined;
}

export function isTitle(body: JsonObject): boolean {
  if (Array.isArray(body.tools) && body.tools.length > 0) return false;
  const { format } = isObject(body.output_config) ? body.output_config : { format: body.output_format };
  const system = withoutBillingLine(body.system);
  const opening = Array.isArray(system) ? objectsOf(system)[0]?.text : system;
  return asksForTitle(isObject(format) ? format.schema : undefined, opening);
}

/** Thinking goes back with the signature of its maker, who refuses any other. */
export function binding(body: JsonObject): Binding {
  const sealed = objectsOf(body.messages).some(
    (message) => message.role === "assistant" && objectsOf(message.content).some(isSealed),
  );
  return { answerId: undefined, sealed };
}

const isSealed = ({ type, signature }: JsonObject): boolean =>
  type === "redacted_thinking" || (type === "thinking" && typeof signature === "string" && signature !== "");

export const prefix = (body: JsonObject): readonly unknown[] => [
  body.tools,
  inBlocks(withoutBillingLine(body.system)),
  ...objectsOf(body.messages).map(({ role, content }) => [role, inBlocks(content)]),
];

const inBlocks = (content: unknown): unknown => (typeof content === "string" ? [{ type: "text", text: content }] : content);
