// What a chat completion request says about caching and identity. Reads only those fields; the upstream judges the rest.

import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { isRemoteAttachment } from "./remote-attachment.ts";

/** Runs in the caller's process, so the same request gives the same call. Any other tool runs at the provider. */
const CLIENT_TOOLS: ReadonlySet<unknown> = new Set(["function", "custom"]);
/** OpenAI's models that search the web without being asked to (`gpt-4o-search-preview`). */
const SEARCH_MODEL = /-search-(?:preview|api)/;

export function chatProblem(body: JsonObject): string | undefined {
  if (!Array.isArray(body.messages)) return "`messages` must be an array: send the conversation as a list of messages.";
  if (!body.messages.every(isObject)) return "Every entry of `messages` must be an object with `role` and `content`.";
  return undefined;
}

export function chatUncacheable(body: JsonObject): string | undefined {
  if (body.store === true) return "store";
  if (isObject(body.web_search_options) || (typeof body.model === "string" && SEARCH_MODEL.test(body.model)))
    return "server_tool";
  if (objectsOf(body.tools).some((tool) => !CLIENT_TOOLS.has(tool.type))) return "server_tool";
  if (isObject(body.audio) || (Array.isArray(body.modalities) && body.modalities.includes("audio"))) return "audio_output";
  const remote = objectsOf(body.messages).some(
    (message) => isObject(message.audio) || objectsOf(message.content).some(isRemoteAttachment),
  );
  return remote ? "remote_attachment" : undefined;
}
