// A chat completion as those who take conversations down are told. Calls of tools are blocks of the message that makes them, as is
// reasoning that some servers send beside it, so that an answer reads like the message that its client sends back.

import type { Json } from "../../../ports/index.ts";
import { blocksOf, promptMessage, roleOf, textBlock } from "../conversation-blocks.ts";
import type { AnswerContent, TurnMessage, WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import { ChatFold } from "./chat-fold.ts";
import { DONE } from "./chat-watch.ts";
import { framesOf } from "./sse-frames.ts";

const PROMPT_ROLES: ReadonlySet<string> = new Set(["system", "developer"]);

export function chatConversation({ tools, messages }: JsonObject): readonly TurnMessage[] {
  const said = objectsOf(messages).map((message) => ({ role: roleOf(message.role), content: messageBlocks(message) }));
  const first = said.findIndex(({ role }) => !PROMPT_ROLES.has(role));
  return said.toSpliced(first < 0 ? said.length : first, 0, ...promptMessage(undefined, tools));
}

export function chatContent(answer: WireAnswer): AnswerContent {
  if (answer.wire === "json") {
    const completion = answerObject(answer);
    const choices = objectsOf(completion?.choices);
    return { content: choices.flatMap(choiceBlocks), isWhole: choices.length > 0 && !completion?.error };
  }
  const fold = new ChatFold();
  let isWhole = false;
  for (const frame of framesOf(answer.bytes)) {
    const chunk = parseObject(frame);
    if (frame === DONE) isWhole = true;
    else if (chunk && !chunk.error) fold.add(chunk);
  }
  return { content: fold.choices().flatMap(choiceBlocks), isWhole };
}

const choiceBlocks = ({ message }: JsonObject): readonly Json[] => (isObject(message) ? messageBlocks(message) : []);

function messageBlocks(message: JsonObject): readonly Json[] {
  const { content, refusal, reasoning_content, reasoning, tool_calls, function_call, tool_call_id } = message;
  const thought = [reasoning_content, reasoning].find((text) => typeof text === "string" && text !== "");
  const blocks: Json[] = [];
  if (typeof thought === "string") blocks.push({ type: "reasoning", text: thought });
  if (message.role === "tool")
    blocks.push({ type: "tool_result", tool_call_id: toJson(tool_call_id), content: blocksOf(content) });
  else blocks.push(...blocksOf(content));
  if (typeof refusal === "string" && refusal !== "") blocks.push(textBlock(refusal));
  blocks.push(...(objectsOf(tool_calls) as readonly Json[]));
  if (isObject(function_call)) blocks.push({ type: "function", function: function_call as Json });
  return blocks;
}

const toJson = (value: unknown): Json => (value === undefined ? null : (value as Json));
