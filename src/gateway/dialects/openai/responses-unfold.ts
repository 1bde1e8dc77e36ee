// Unfolds a `response` object into the events that the API would have streamed: created, in progress, each output item
// from its announcement over its parts to its end, and the terminal event with the whole object.
// An item of a type that streams in no pieces, or that this version does not know, is announced and ended whole.

import { type JsonObject, objectsOf } from "../json-object.ts";
import { piecesOf } from "./text-pieces.ts";

type Event = JsonObject & { readonly type: string };
/** Where an event belongs. */
type Place = JsonObject & { readonly item_id: unknown; readonly output_index: number };

/** The text of the stream; undefined when the response has not ended as an answer. */
export function unfoldResponse(response: JsonObject): string | undefined {
  const { status } = response;
  if (status !== "completed" && status !== "incomplete") return undefined;
  const begun = { ...response, status: "in_progress", output: [], usage: null, incomplete_details: null };
  const opening = "completed_at" in response ? { ...begun, completed_at: null } : begun;
  const events: Event[] = [
    { type: "response.created", response: opening },
    { type: "response.in_progress", response: opening },
    ...objectsOf(response.output).flatMap(itemEvents),
    { type: `response.${status}`, response },
  ];
  return events
    .map(({ type, ...rest }, sequence_number) => {
      return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`;
    })
    .join("");
}

function itemEvents(item: JsonObject, output_index: number): Event[] {
  const place: Place = { item_id: item.id, output_index };
  return [
    { type: "response.output_item.added", output_index, item: announced(item) },
    ...innerEvents(item, place),
    { type: "response.output_item.done", output_index, item },
  ];
}

/** The item before it had any content. */
function announced(item: JsonObject): JsonObject {
  const begun = "status" in item ? { ...item, status: "in_progress" } : item;
  switch (item.type) {
    case "message":
      return { ...begun, content: [] };
    case "reasoning":
      return { ...begun, summary: [], ...("content" in item ? { content: [] } : {}) };
    case "function_call":
      return { ...begun, arguments: "" };
    case "custom_tool_call":
      return { ...begun, input: "" };
    default:
      return begun;
  }
}

function innerEvents(item: JsonObject, place: Place): Event[] {
  switch (item.type) {
    case "message":
      return partsEvents(item.content, place);
    case "reasoning":
      return [
        ...objectsOf(item.summary).flatMap((part, index) => summaryEvents(part, index, place)),
        ...partsEvents(item.content, place),
      ];
    case "function_call":
      return [
        ...deltas("response.function_call_arguments", place, item.arguments),
        { type: "response.function_call_arguments.done", ...place, name: item.name, arguments: item.arguments },
      ];
    case "custom_tool_call":
      return [
        ...deltas("response.custom_tool_call_input", place, item.input),
        { type: "response.custom_tool_call_input.done", ...place, input: item.input },
      ];
    default:
      return [];
  }
}

function deltas(name: string, place: JsonObject, text: unknown, extra: JsonObject = {}): Event[] {
  if (typeof text !== "string" || text === "") return [];
  return piecesOf(text).map((delta) => ({ type: `${name}.delta`, ...place, delta, ...extra }));
}

function summaryEvents(part: JsonObject, summary_index: number, place: Place): Event[] {
  const at = { ...place, summary_index };
  return [
    { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } },
    ...deltas("response.reasoning_summary_text", at, part.text),
    { type: "response.reasoning_summary_text.done", ...at, text: part.text },
    { type: "response.reasoning_summary_part.done", ...at, part },
  ];
}

function partsEvents(content: unknown, place: Place): Event[] {
  return objectsOf(content).flatMap((part, content_index) => {
    const at = { ...place, content_index };
    return [
      { type: "response.content_part.added", ...at, part: announcedPart(part) },
      ...partEvents(part, at),
      { type: "response.content_part.done", ...at, part },
    ];
  });
}

function announcedPart(part: JsonObject): JsonObject {
  if (part.type === "refusal") return { ...part, refusal: "" };
  if (part.type === "reasoning_text") return { ...part, text: "" };
  if (part.type !== "output_text") return part;
  return { ...part, text: "", annotations: [], ...("logprobs" in part ? { logprobs: [] } : {}) };
}

function partEvents(part: JsonObject, at: JsonObject): Event[] {
  switch (part.type) {
    case "output_text":
      return [
        ...deltas("response.output_text", at, part.text, { logprobs: [] }),
        ...objectsOf(part.annotations).map((annotation, annotation_index) => ({
          type: "response.output_text.annotation.added",
          ...at,
          annotation_index,
          annotation,
        })),
        { type: "response.output_text.done", ...at, text: part.text, logprobs: part.logprobs ?? [] },
      ];
    case "refusal":
      return [...deltas("response.refusal", at, part.refusal), { type: "response.refusal.done", ...at, refusal: part.refusal }];
    case "reasoning_text":
      return [
        ...deltas("response.reasoning_text", at, part.text),
        { type: "response.reasoning_text.done", ...at, text: part.text },
      ];
    default:
      return [];
  }
}
