// Folds a streamed response into the `response` object that the same request would have got without `stream`: the one
// its terminal event carries. Some servers leave `output` out of it; then the finished items of the stream are the output.

import { isObject, type JsonObject, parseObject } from "../json-object.ts";

/** Terminal events of an answer that is whole. `incomplete` means cut by a limit of the request, not by a failure. */
const TERMINAL: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete"]);

/** The response; undefined when the stream failed, has no end, or left an item open. @param frames data of each event. */
export function foldResponse(frames: readonly string[]): JsonObject | undefined {
  const open = new Set<unknown>();
  const items = new Map<number, unknown>();
  let response: JsonObject | undefined;
  for (const frame of frames) {
    const event = parseObject(frame);
    if (!event) {
      if (frame === "[DONE]") continue; // Not of this API, but some servers send it after the end.
      return undefined;
    }
    const { type, output_index: index } = event;
    if (type === "error" || type === "response.failed" || event.error) return undefined;
    if (type === "response.output_item.added") open.add(index);
    if (type === "response.output_item.done" && typeof index === "number") {
      open.delete(index);
      items.set(index, event.item);
    }
    if (TERMINAL.has(type) && isObject(event.response)) response = event.response;
  }
  if (!response || open.size > 0) return undefined;
  if (Array.isArray(response.output) && response.output.length > 0) return response;
  return { ...response, output: [...items].sort(([left], [right]) => left - right).map(([, item]) => item) };
}
