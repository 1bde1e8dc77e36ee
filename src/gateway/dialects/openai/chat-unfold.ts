// Unfolds a `chat.completion` object into the chunks that the API would have streamed: the role, the text in pieces,
// each tool call, the finish of each choice, `[DONE]`.
// Usage rides on the last chunk that has a choice, never on a chunk without choices: the canonical text keeps
// `stream_options`, so a stream that asked for the usage chunk is never answered from a JSON answer, and a client that
// did not ask may read `choices[0]` of every chunk. So the usage is neither lost nor in anyone's way.

import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { isBlank } from "./json-value.ts";
import { piecesOf } from "./text-pieces.ts";

/** In the order in which a model says them. `content` opens with the role. */
const TEXT_FIELDS = ["reasoning_content", "reasoning", "content", "refusal"] as const;
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["role", "function_call", "tool_calls", ...TEXT_FIELDS]);
const TOOL_CALL_FIELDS: ReadonlySet<string> = new Set(["id", "type", "function", "custom"]);

/** True when `value` holds nothing but the known fields; blank ones do not count. */
function onlyKnown(value: JsonObject, known: ReadonlySet<string>): boolean {
  return Object.entries(value).every(([name, field]) => known.has(name) || isBlank(field));
}

/** One choice of one chunk. */
interface Step {
  readonly delta: JsonObject;
  readonly logprobs?: unknown;
  readonly finish?: JsonObject;
}

/** The text of the stream; undefined when the completion holds something that chunks cannot say. */
export function unfoldChat(completion: JsonObject): string | undefined {
  const { object: _object, choices, usage, id, created, model, service_tier, system_fingerprint, ...extra } = completion;
  const tier = service_tier === undefined ? {} : { service_tier };
  const base = { id, object: "chat.completion.chunk", created, model, ...tier, system_fingerprint };
  const list = objectsOf(choices);
  const chunks: Record<string, unknown>[] = [];
  for (const choice of list) {
    const steps = stepsOf(choice);
    if (!steps) return undefined;
    for (const { delta, logprobs = null, finish = { finish_reason: null } } of steps) {
      chunks.push({ ...base, choices: [{ index: choice.index, delta, logprobs, ...finish }] });
    }
  }
  const first = chunks[0];
  const last = chunks.at(-1);
  if (!first || !last) return undefined;
  Object.assign(first, extra);
  if (isObject(usage)) last.usage = usage;
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("")}data: [DONE]\n\n`;
}

function stepsOf(choice: JsonObject): Step[] | undefined {
  const { index: _index, message, logprobs, ...finish } = choice;
  if (!isObject(message) || !onlyKnown(message, MESSAGE_FIELDS)) return undefined;
  const opening = { role: message.role, content: typeof message.content === "string" ? "" : null, refusal: null };
  const steps: Step[] = [{ delta: opening }];
  let pending = logprobs ?? null;
  for (const field of TEXT_FIELDS) {
    const text = message[field];
    if (typeof text !== "string" || (field === "content" && text === "")) continue;
    // Log probabilities belong to the text of their chunk: with them, the text stays in one piece.
    const owner = pending !== null && (field === "content" || field === "refusal");
    for (const piece of owner ? [text] : piecesOf(text))
      steps.push({ delta: { [field]: piece }, logprobs: owner ? pending : null });
    if (owner) pending = null;
  }
  if (isObject(message.function_call)) steps.push({ delta: { function_call: message.function_call } });
  for (const [index, call] of objectsOf(message.tool_calls).entries()) {
    if (!onlyKnown(call, TOOL_CALL_FIELDS)) return undefined;
    steps.push(...toolCallSteps(index, call));
  }
  steps.push({ delta: {}, logprobs: pending, finish });
  return steps;
}

function toolCallSteps(index: number, call: JsonObject): Step[] {
  const { id, type } = call;
  const kind = isObject(call.custom) ? "custom" : "function";
  const field = kind === "custom" ? "input" : "arguments";
  const payload = call[kind];
  if (!isObject(payload)) return [{ delta: { tool_calls: [{ index, id, type }] } }];
  const opening = { index, id, type, [kind]: { ...payload, [field]: "" } };
  const text = payload[field];
  const pieces = typeof text === "string" && text !== "" ? piecesOf(text) : [];
  return [opening, ...pieces.map((piece) => ({ index, [kind]: { [field]: piece } }))].map((entry) => ({
    delta: { tool_calls: [entry] },
  }));
}
