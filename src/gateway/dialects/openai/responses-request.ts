// What a Responses request says about caching and identity. Reads only those fields; the upstream judges the rest.

import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { isRemoteAttachment } from "./remote-attachment.ts";

/** Fields that bring a conversation, or a part of the prompt, from the provider's side. */
const CONTINUATIONS = ["previous_response_id", "conversation", "prompt"] as const;

export function responsesProblem(body: JsonObject): string | undefined {
  const { input } = body;
  if (typeof input === "string") return undefined;
  if (Array.isArray(input)) {
    return input.every(isObject)
      ? undefined
      : "Every entry of `input` must be an object, such as a message with `role` and `content`.";
  }
  const continues = CONTINUATIONS.some((field) => body[field] !== undefined && body[field] !== null);
  if ((input === undefined || input === null) && continues) return undefined;
  return "`input` must be a string or an array of input items.";
}

/** True when the tool runs in the caller's process. Anything unknown is taken to run at the provider. */
function runsAtCaller(tool: JsonObject): boolean {
  switch (tool.type) {
    case "function":
    case "custom":
    case "local_shell":
    case "apply_patch":
      return true;
    case "shell":
      return isObject(tool.environment) && tool.environment.type === "local";
    case "tool_search":
      return tool.execution === "client";
    case "namespace":
      return objectsOf(tool.tools).every(runsAtCaller);
    default:
      return false;
  }
}

function isRemoteItem(item: JsonObject): boolean {
  if (item.type === "item_reference") return true;
  const parts = [...objectsOf(item.content), ...objectsOf(item.output)];
  if (isObject(item.output)) parts.push(item.output);
  return parts.some(isRemoteAttachment);
}

export function responsesUncacheable(body: JsonObject): string | undefined {
  if (body.store !== false) return "store"; // The API stores unless told not to.
  if (body.background === true) return "background";
  for (const field of CONTINUATIONS) if (body[field] !== undefined && body[field] !== null) return field;
  const items = objectsOf(body.input);
  const tools = [...objectsOf(body.tools), ...items.flatMap((item) => objectsOf(item.tools))];
  if (!tools.every(runsAtCaller)) return "server_tool";
  return items.some(isRemoteItem) ? "remote_attachment" : undefined;
}
