// Folds the events of a streamed answer into the message that the API would have sent without streaming.
// Loses nothing: a stream with a part that cannot be placed in the message has no message. So `undefined` also means
// that the stream is not whole: not ended, failed, a block left open, tool arguments that are no JSON object.

import { isObject, type JsonObject, parseObject } from "../json-object.ts";
import { SseScanner } from "../sse-scanner.ts";
import { streamEvent } from "./stream-event.ts";

/** The message of a whole stream, or undefined. */
export function foldEvents(bytes: Uint8Array): JsonObject | undefined {
  const fold = new MessageFold();
  const scanner = new SseScanner((event) => fold.add(event), Math.max(1, bytes.length));
  scanner.push(bytes);
  return scanner.atBoundary ? fold.message() : undefined;
}

class MessageFold {
  #message: JsonObject | undefined;
  readonly #content: JsonObject[] = [];
  /** The block between its start and its stop: a copy that grows. */
  #open: Record<string, unknown> | undefined;
  /** The pieces of its tool arguments so far. */
  #input = "";
  #stopped = false;
  #broken = false;

  add(bytes: Uint8Array): void {
    const event = streamEvent(bytes);
    if (event === undefined || event.type === "ping" || this.#broken) return;
    this.#broken = this.#stopped || event.data === undefined || !this.#place(event.type, event.data);
  }

  message(): JsonObject | undefined {
    if (this.#broken || !this.#stopped || this.#message === undefined) return undefined;
    return { ...this.#message, content: this.#content };
  }

  /** False when the event does not fit here, or has a kind whose meaning is not known. */
  #place(type: string, data: JsonObject): boolean {
    if (type === "message_start") return this.#begin(data.message);
    if (this.#message === undefined) return false;
    if (type === "message_delta") {
      this.#message = withDelta(this.#message, data);
      return true;
    }
    if (type === "message_stop") {
      this.#stopped = true;
      return this.#open === undefined;
    }
    if (data.index !== this.#content.length) return false;
    if (type === "content_block_start") return this.#start(data.content_block);
    if (this.#open === undefined) return false;
    if (type === "content_block_delta") return isObject(data.delta) && this.#grow(this.#open, data.delta);
    return type === "content_block_stop" && this.#close(this.#open);
  }

  #begin(message: unknown): boolean {
    if (this.#message !== undefined || !isObject(message)) return false;
    this.#message = message;
    return !Array.isArray(message.content) || message.content.length === 0;
  }

  #start(block: unknown): boolean {
    if (this.#open !== undefined || !isObject(block)) return false;
    this.#open = { ...block };
    this.#input = "";
    return true;
  }

  #grow(block: Record<string, unknown>, delta: JsonObject): boolean {
    switch (delta.type) {
      case "text_delta":
        return block.type === "text" && append(block, "text", delta.text);
      case "thinking_delta":
        return block.type === "thinking" && append(block, "thinking", delta.thinking);
      case "signature_delta":
        if (block.type !== "thinking" || typeof delta.signature !== "string") return false;
        block.signature = delta.signature;
        return true;
      case "citations_delta":
        if (block.type !== "text" || !isObject(delta.citation)) return false;
        if (Array.isArray(block.citations)) block.citations.push(delta.citation);
        else block.citations = [delta.citation];
        return true;
      case "input_json_delta":
        if (!("input" in block) || typeof delta.partial_json !== "string") return false;
        this.#input += delta.partial_json;
        return true;
      default:
        return false;
    }
  }

  #close(block: Record<string, unknown>): boolean {
    if (this.#input !== "") block.input = parseObject(this.#input);
    this.#content.push(block);
    this.#open = undefined;
    return !("input" in block) || isObject(block.input);
  }
}

function append(block: Record<string, unknown>, field: "text" | "thinking", piece: unknown): boolean {
  if (typeof piece !== "string") return false;
  block[field] = (typeof block[field] === "string" ? block[field] : "") + piece;
  return true;
}

/** `message_delta` carries the end of the message: its `delta` and further fields, and token counts that are totals. */
function withDelta(message: JsonObject, { type: _type, delta, usage, ...further }: JsonObject): JsonObject {
  const said = (fields: unknown): JsonObject => (isObject(fields) ? fields : {});
  return {
    ...replaced(replaced(message, further), said(delta)),
    usage: replaced(said(message.usage), said(usage)),
  };
}

/** Null means "does not apply" and never takes the place of a value. */
function replaced(fields: JsonObject, later: JsonObject): JsonObject {
  const news = Object.entries(later).filter(([key, value]) => value !== null || fields[key] === undefined);
  return { ...fields, ...Object.fromEntries(news) };
}
