// Watches a streamed chat completion. After the first content a frame is only searched for two keys; it is parsed when
// one of them has a value. `[DONE]` is the end; an `error` in any chunk is a failure, wherever it stands.

import { utf8 } from "../../../base/index.ts";
import { isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import { eventData, eventName } from "../sse-scanner.ts";
import { failureWord } from "./error-body.ts";
import { hasValue, type Notes } from "./event-watch.ts";
import { isBlank } from "./json-value.ts";
import { usageFrom } from "./usage.ts";

export const DONE = "[DONE]";

const USAGE_KEY = utf8('"usage"');
const ERROR_KEY = utf8('"error"');
const OPEN_BRACE = 0x7b;
const LETTER_D = 0x64;
const FIELD_BYTES = "data:".length;

/** An ordinary frame begins with `data: {`; anything else (`[DONE]`, comments, named events) is rare and read in full. */
const isOrdinary = (event: Uint8Array): boolean =>
  event[0] === LETTER_D && (event[FIELD_BYTES + 1] === OPEN_BRACE || event[FIELD_BYTES] === OPEN_BRACE);

/** True when a chunk says something of the answer, not only who speaks or why it ended. */
function hasContent(chunk: JsonObject): boolean {
  return objectsOf(chunk.choices).some(
    ({ delta }) => isObject(delta) && Object.entries(delta).some(([name, value]) => name !== "role" && !isBlank(value)),
  );
}

export function inspectChat(event: Uint8Array, notes: Notes): void {
  if (isOrdinary(event) && notes.contentSeen && !hasValue(event, USAGE_KEY) && !hasValue(event, ERROR_KEY)) return;
  const data = eventData(event);
  if (data.startsWith(DONE)) {
    notes.complete = true;
    return;
  }
  const chunk = parseObject(data);
  if (chunk?.error) notes.failure = failureWord(chunk.error);
  else if (!isOrdinary(event) && eventName(event) === "error") notes.failure = failureWord(chunk);
  if (!chunk) return;
  notes.usage = usageFrom(chunk.usage) ?? notes.usage;
  notes.contentSeen ||= hasContent(chunk);
}
