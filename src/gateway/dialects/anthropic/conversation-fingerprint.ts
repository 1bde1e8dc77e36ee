// What tells one conversation from another when the client sends no id: the system prompt and the first message of the
// user, which clients resend unchanged on every turn. Cache marks move from turn to turn and the billing line may
// change with every request, so neither counts; nor does whether a text is sent as a string or as a block.

import { canonicalFault, canonicalJson } from "../canonical-json.ts";
import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { withoutBillingLine } from "./billing-line.ts";

export function conversationFingerprint(body: JsonObject): string {
  const firstOfUser = objectsOf(body.messages).find((message) => message.role === "user");
  return JSON.stringify([texts(withoutBillingLine(body.system)), texts(firstOfUser?.content)]);
}

function texts(content: unknown): readonly string[] {
  if (typeof content === "string") return content === "" ? [] : [content];
  return Array.isArray(content) ? content.map(blockText) : [];
}

function blockText(block: unknown): string {
  if (isObject(block) && block.type === "text" && typeof block.text === "string") return block.text;
  return canonicalFault(block) ?? canonicalJson(block, (_path, key) => key === "cache_control");
}
