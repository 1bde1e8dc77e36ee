// Why a request must never be answered from cache: its answer depends on something that is not in the body, or its
// answering does something. Unknown kinds of tools count as such; a wrong "no" costs a call, a wrong "yes" a wrong answer.

import { canonicalFault } from "../canonical-json.ts";
import type { Endpoint } from "../dialect.ts";
import { isObject, type JsonObject, objectsOf } from "../json-object.ts";

/** Typed tools that the provider defines and the client runs. All others with a `type` run at the provider. */
const CLIENT_TOOL = /^(?:custom|(?:bash|text_editor|memory|computer|computer_toolset|browser_toolset)_\d{8})$/;

/** A stable word or sentence for the reason; undefined when the body may be answered from cache. */
export function uncacheable(endpoint: Endpoint, body: JsonObject): string | undefined {
  const fault = canonicalFault(body);
  if (fault !== undefined) return fault;
  if (present(body.mcp_servers)) return "mcp_servers";
  if (present(body.container)) return "container";
  if (endpoint === "messages" && objectsOf(body.tools).some(runsAtProvider)) return "server_tool";
  return objectsOf(body.messages).some((message) => refersOutside(message.content)) ? "remote_attachment" : undefined;
}

const present = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

function runsAtProvider(tool: JsonObject): boolean {
  if (tool.type === undefined || tool.type === null) return false;
  return typeof tool.type !== "string" || !CLIENT_TOOL.test(tool.type);
}

/** Blocks hold blocks (tool results, documents made of blocks); `canonicalFault` has bounded how deep. */
function refersOutside(content: unknown): boolean {
  return objectsOf(content).some((block) => {
    if (block.type === "container_upload") return true;
    if (isObject(block.source)) {
      if (block.source.type === "url" || block.source.type === "file") return true;
      if (refersOutside(block.source.content)) return true;
    }
    return refersOutside(block.content);
  });
}
