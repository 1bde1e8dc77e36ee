// Watches a streamed response. An event with a name line is judged by that name alone and only the terminal ones are
// parsed; events of servers that send no name lines are parsed, each.

import { utf8 } from "../../../base/index.ts";
import { isObject, objectsOf, parseObject } from "../json-object.ts";
import { eventData, eventName, startsWith } from "../sse-scanner.ts";
import { failureWord } from "./error-body.ts";
import type { Notes } from "./event-watch.ts";
import { usageFrom } from "./usage.ts";

const EVENT_FIELD = utf8("event:");
const SPACE = 0x20;
/** Openings of the names that must be parsed. `error` stands alone, so nothing else begins with it. */
const TERMINAL_NAMES = ["response.completed", "response.incomplete", "response.failed", "error"].map(utf8);
/** What tells something of the answer; `.added` events only announce it. */
const CONTENT_NAME = /^response\..+\.(?:delta|done)$/;

function isTerminal(event: Uint8Array): boolean {
  const name = event.subarray(event[EVENT_FIELD.length] === SPACE ? EVENT_FIELD.length + 1 : EVENT_FIELD.length);
  return TERMINAL_NAMES.some((terminal) => startsWith(name, terminal));
}

export function inspectResponses(event: Uint8Array, notes: Notes): void {
  if (notes.contentSeen && startsWith(event, EVENT_FIELD) && !isTerminal(event)) return;
  const data = parseObject(eventData(event));
  const name = typeof data?.type === "string" ? data.type : eventName(event);
  if (CONTENT_NAME.test(name)) notes.contentSeen = true;
  if (name === "error" || data?.error) {
    notes.failure = failureWord(isObject(data?.error) ? data.error : data);
    return;
  }
  const response = data?.response;
  if (!isObject(response)) return;
  if (typeof response.id === "string") notes.continuedAs = response.id;
  if (name === "response.failed") {
    notes.failure = failureWord(response.error);
  } else if (name === "response.completed" || name === "response.incomplete") {
    notes.complete = true;
    notes.contentSeen ||= objectsOf(response.output).length > 0;
  }
  notes.usage = usageFrom(response.usage) ?? notes.usage;
}
