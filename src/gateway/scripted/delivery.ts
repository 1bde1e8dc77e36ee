// What an endpoint's file must know to write an answer, and the shape of such a file. The scripted model decides the
// reply once; an endpoint writes it as events or as one JSON document, and the two say the same.

import type { BadRequest } from "../dialects/dialect.ts";
import type { Frame } from "./pace.ts";
import type { InputUsage, PrefixMemory } from "./prefix-memory.ts";
import type { Json, Prompt } from "./prompt.ts";
import type { Reply } from "./reply.ts";

export interface Delivery {
  /** The request's body. */
  readonly json: Json;
  readonly prompt: Prompt;
  readonly reply: Reply;
  readonly usage: InputUsage;
  /** Differs from call to call: what the id of the answer is made of. */
  readonly callDigest: string;
  /** Seconds since the Unix epoch. */
  readonly createdAt: number;
  readonly chunkTokens: number;
}

/** One way of asking for text: messages, chat completions or responses. */
export interface Voice {
  read(json: Json): Prompt | BadRequest;
  usage(memory: PrefixMemory, prompt: Prompt): InputUsage;
  frames(delivery: Delivery): Iterable<Frame>;
  /** The event that ends a failed stream after `framesBefore` events. */
  failure(delivery: Delivery, type: string, framesBefore: number): string;
  whole(delivery: Delivery): Json;
}

export const structure = (text: string): Frame => ({ text, tokens: 0 });

/** A server-sent event with an `event:` line, as Anthropic and OpenAI's Responses send it. */
export const namedEvent = (data: Json & { readonly type: string }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

export const failureMessage = (type: string): string => `The scripted model was asked to fail its stream with ${type}.`;
