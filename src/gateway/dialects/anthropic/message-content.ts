// A conversation of the Messages API as those who take it down are told: what a request says, and what an answer said as far as it came.
// Mild where message-fold.ts is strict: what an answer breaks off with is kept, and events out of the middle of one count.

import type { Json } from "../../../ports/index.ts";
import { blocksOf, promptMessage, roleOf } from "../conversation-blocks.ts";
import type { AnswerContent, TurnMessage, WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import { SseScanner } from "../sse-scanner.ts";
import { streamEvent } from "./stream-event.ts";

export const conversationOf = ({ system, tools, messages }: JsonObject): readonly TurnMessage[] => [
  ...promptMessage(system, tools),
  ...objectsOf(messages).map(({ role, content }) => ({ role: roleOf(role), content: blocksOf(content) })),
];

export function contentOf(answer: WireAnswer): AnswerContent {
  if (answer.wire === "events") return new ContentFold(answer.bytes).result();
  const message = answerObject(answer);
  if (!message || !Array.isArray(message.content)) return { content: [], isWhole: false };
  return { content: message.content as readonly Json[], isWhole: typeof message.stop_reason === "string" };
}

type Block = Record<string, unknown>;

class ContentFold {
  readonly #blocks = new Map<unknown, Block>();
  /** Arguments of tools that are not complete. */
  readonly #inputs = new Map<unknown, string>();
  #isWhole = false;
  #hasFailed = false;

  constructor(bytes: Uint8Array) {
    new SseScanner((event) => this.#add(event), Math.max(1, bytes.length)).push(bytes);
  }

  result(): AnswerContent {
    for (const index of this.#inputs.keys()) this.#close(index);
    return { content: [...this.#blocks.values()] as readonly Json[], isWhole: this.#isWhole && !this.#hasFailed };
  }

  #add(bytes: Uint8Array): void {
    const { type, data } = streamEvent(bytes) ?? {};
    if (type === "message_stop") this.#isWhole = true;
    if (type === "error") this.#hasFailed = true;
    if (type === "content_block_start" && isObject(data?.content_block)) this.#blocks.set(data.index, { ...data.content_block });
    if (type === "content_block_delta" && isObject(data?.delta)) this.#grow(data.index, data.delta);
    if (type === "content_block_stop") this.#close(data?.index);
  }

  #grow(index: unknown, delta: JsonObject): void {
    if (typeof delta.text === "string") append(this.#block(index, "text"), "text", delta.text);
    else if (typeof delta.thinking === "string") append(this.#block(index, "thinking"), "thinking", delta.thinking);
    else if (typeof delta.signature === "string") this.#block(index, "thinking").signature = delta.signature;
    else if (typeof delta.partial_json === "string") {
      this.#inputs.set(index, (this.#inputs.get(index) ?? "") + delta.partial_json);
    } else if (isObject(delta.citation)) {
      const block = this.#block(index, "text");
      block.citations = [...objectsOf(block.citations), delta.citation];
    }
  }

  #block(index: unknown, type: string): Block {
    const known = this.#blocks.get(index) ?? { type };
    this.#blocks.set(index, known);
    return known;
  }

  /** Arguments that broke off stay as the text that came. */
  #close(index: unknown): void {
    const input = this.#inputs.get(index);
    if (input === undefined || input === "") return;
    const block = this.#blocks.get(index);
    if (block) Object.assign(block, { input: parseObject(input) ?? input });
    this.#inputs.delete(index);
  }
}

function append(block: Block, field: string, piece: string): void {
  block[field] = (typeof block[field] === "string" ? block[field] : "") + piece;
}
