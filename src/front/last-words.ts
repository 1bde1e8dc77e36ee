// What a client reads at the end of a stream whose app server is gone: an error event in the words of its model API. Streams
// of other paths have no such words; they are cut.

import { type DialectName, type Endpoint, errorEvent } from "../gateway/index.ts";

const STREAMS: Readonly<Record<string, readonly [DialectName, Endpoint]>> = {
  "/v1/messages": ["anthropic", "messages"],
  "/v1/chat/completions": ["openai", "chat_completions"],
  "/v1/responses": ["openai", "responses"],
};
const MESSAGE = "The app server was lost in the middle of its answer. Try again.";

/** @param tail the end of what was sent, to see whether its event is finished */
export function lastWords(target: string, tail: string): Uint8Array | undefined {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const stream = Object.hasOwn(STREAMS, path) ? STREAMS[path] : undefined;
  return stream && errorEvent(...stream, "upstream_unreachable", MESSAGE, tail);
}
