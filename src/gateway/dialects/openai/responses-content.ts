// A response as those who take conversations down are told. One answer is several items (reasoning, text, calls of tools), and comes back as
// several items of input: what a model said without a break is one message, so that both read alike.

import type { Json } from "../../../ports/index.ts";
import { blocksOf, promptMessage, roleOf, textBlock } from "../conversation-blocks.ts";
import type { AnswerContent, TurnMessage, WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import { framesOf } from "./sse-frames.ts";

const ASSISTANT = "assistant";
const ENDS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete"]);

export function responsesConversation({ instructions, tools, input }: JsonObject): readonly TurnMessage[] {
  const said: { role: string; content: Json[] }[] = [];
  const items = typeof input === "string" ? [{ role: "user", content: input }] : objectsOf(input);
  for (const item of items) {
    const role = itemRole(item);
    const last = said.at(-1);
    if (role === ASSISTANT && last?.role === ASSISTANT) last.content.push(...itemBlocks(item));
    else said.push({ role, content: [...itemBlocks(item)] });
  }
  return [...promptMessage(instructions, tools), ...said];
}

export function responsesContent(answer: WireAnswer): AnswerContent {
  if (answer.wire === "events") return fromEvents(framesOf(answer.bytes));
  const response = answerObject(answer);
  const isWhole = response?.status === "completed" || response?.status === "incomplete";
  return { content: objectsOf(response?.output).flatMap(itemBlocks), isWhole };
}

/** Items that were done; of those that were not, the text that came. */
function fromEvents(frames: readonly string[]): AnswerContent {
  const done = new Map<unknown, JsonObject>();
  const texts = new Map<unknown, string>();
  let isWhole = false;
  for (const frame of frames) {
    const event = parseObject(frame);
    if (!event) continue;
    const { type, output_index: index, item, delta } = event;
    if (ENDS.has(type)) isWhole = true;
    if (type === "response.output_item.done" && isObject(item)) done.set(index, item);
    if (type === "response.output_text.delta" && typeof delta === "string") texts.set(index, (texts.get(index) ?? "") + delta);
  }
  const indexes = [...new Set([...done.keys(), ...texts.keys()])].sort((left, right) => Number(left) - Number(right));
  const content = indexes.flatMap((index) => {
    const item = done.get(index);
    return item ? itemBlocks(item) : [textBlock(texts.get(index) ?? "")];
  });
  return { content, isWhole };
}

const isMessage = ({ type, role }: JsonObject): boolean => type === "message" || (type === undefined && role !== undefined);

function itemRole(item: JsonObject): string {
  if (isMessage(item)) return roleOf(item.role);
  return typeof item.type === "string" && item.type.endsWith("_output") ? "tool" : ASSISTANT;
}

const itemBlocks = (item: JsonObject): readonly Json[] => (isMessage(item) ? blocksOf(item.content) : [item as Json]);
