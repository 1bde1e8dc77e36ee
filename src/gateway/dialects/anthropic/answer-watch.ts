// Watches an Anthropic answer go by. Nearly all frames of a stream are content; those are recognised by their first
// bytes and never decoded. Frames are told by `type` inside the data, so that a stream without `event:` lines works too.

import { utf8 } from "../../../base/index.ts";
import type { AnswerWatch, Usage } from "../dialect.ts";
import { isObject } from "../json-object.ts";
import { SseScanner, startsWith } from "../sse-scanner.ts";
import { streamEvent } from "./stream-event.ts";
import { laterUsage } from "./token-usage.ts";

const CONTENT = "content_block_";
const CONTENT_PREFIXES = [utf8(`event: ${CONTENT}`), utf8(`data: {"type":"${CONTENT}`)] as const;

export class EventWatch implements AnswerWatch {
  readonly #scanner = new SseScanner((event) => this.#see(event));
  usage: Usage | undefined;
  complete = false;
  failure: string | undefined;
  contentSeen = false;

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  get atBoundary(): boolean {
    return this.#scanner.atBoundary;
  }

  #see(event: Uint8Array): void {
    if (startsWith(event, CONTENT_PREFIXES[0]) || startsWith(event, CONTENT_PREFIXES[1])) {
      this.contentSeen = true;
      return;
    }
    const seen = streamEvent(event);
    if (seen === undefined) return;
    const { type, data } = seen;
    if (type === "message_start") this.usage = laterUsage(this.usage, isObject(data?.message) ? data.message.usage : undefined);
    else if (type === "message_delta") this.usage = laterUsage(this.usage, data?.usage);
    else if (type === "message_stop") this.complete = true;
    else if (type === "error") this.failure = failureType(data?.error);
    else if (type.startsWith(CONTENT)) this.contentSeen = true;
  }
}

function failureType(error: unknown): string {
  return isObject(error) && typeof error.type === "string" && error.type !== "" ? error.type : "error";
}

/** A JSON answer is read whole, once it is there; on the way there is nothing to learn but that it began. */
export class JsonWatch implements AnswerWatch {
  readonly usage = undefined;
  readonly complete = false;
  readonly failure = undefined;
  /** Nothing may ever be put between the bytes of a JSON answer. */
  readonly atBoundary = false;
  contentSeen = false;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.contentSeen = true;
  }
}
