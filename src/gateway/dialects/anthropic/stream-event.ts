// One event of an Anthropic stream, decoded. The `type` inside the data says what it is, as its readers need no
// `event:` lines; only the name `error` outranks it, because the official SDK believes that name before any data.

import { type JsonObject, parseObject } from "../json-object.ts";
import { eventFields } from "../sse-scanner.ts";

export interface StreamEvent {
  /** `message_start`, `ping`, `error`, ...; empty when the event names no type. */
  readonly type: string;
  /** Undefined when the data is no JSON object. */
  readonly data: JsonObject | undefined;
}

/** Undefined for an event without data (a comment), which no reader is told of. */
export function streamEvent(event: Uint8Array): StreamEvent | undefined {
  const { name, data: text } = eventFields(event);
  if (text === "" && name !== "error") return undefined;
  const data = parseObject(text);
  return { type: name !== "error" && typeof data?.type === "string" ? data.type : name, data };
}
