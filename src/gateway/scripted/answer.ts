// Carries one reply out: errors before it, its pace, its faults on the way, as a stream or as one document.

import { type Clock, MillraceError } from "../../base/index.ts";
import type { Delivery, Voice } from "./delivery.ts";
import { dueMs, evenPace, type Frame, type Pace, pacedBody, SILENCE, type Timing } from "./pace.ts";
import type { PrefixMemory } from "./prefix-memory.ts";
import type { Json, Prompt } from "./prompt.ts";
import { statusOfType } from "./refusal.ts";
import { replyTo } from "./reply.ts";

export interface AnswerOptions {
  readonly voice: Voice;
  readonly json: Json;
  readonly prompt: Prompt;
  readonly callDigest: string;
  readonly headers: Headers;
  readonly refused: (status: number, message: string, headers: Record<string, string>) => Response;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly memory: PrefixMemory;
}

export async function answer(options: AnswerOptions): Promise<Response> {
  const { voice, json, prompt, callDigest, headers, refused, signal, clock } = options;
  const reply = replyTo(prompt);
  const { fault } = reply;
  if (fault?.kind === "error") {
    const retry = fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
    return refused(fault.status, `The scripted model was asked to answer ${fault.status}.`, retry);
  }
  if (fault?.kind === "stream-error" && !prompt.stream) {
    return refused(statusOfType(fault.type), `The scripted model was asked to fail with ${fault.type}.`, {});
  }
  const pace = reply.paceMs === undefined ? options.pace : evenPace(options.pace, reply.paceMs);
  const timing: Timing = { clock, pace, signal };
  const usage = voice.usage(options.memory, prompt);
  const createdAt = Math.floor(clock.now() / 1000);
  const delivery: Delivery = { json, prompt, reply, usage, callDigest, createdAt, chunkTokens: pace.chunkTokens };
  if (prompt.stream) {
    headers.set("content-type", "text/event-stream; charset=utf-8");
    headers.set("cache-control", "no-cache");
    return new Response(pacedBody(withFault(voice, delivery), timing), { headers });
  }
  headers.set("content-type", "application/json");
  if (fault?.kind !== "silent") {
    const waitMs = dueMs(pace, reply.outputTokens);
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  }
  const whole = JSON.stringify(voice.whole(delivery));
  return new Response(fault ? pacedBody(brokenDocument(fault.kind, whole), timing) : whole, { headers });
}

/** The events of a reply, broken off where its script says: after about half of the content. */
function* withFault(voice: Voice, delivery: Delivery): Generator<Frame> {
  const { fault } = delivery.reply;
  if (fault?.kind === "silent") return yield SILENCE;
  if (!fault) return yield* voice.frames(delivery);
  // Not the reply's own count: an API may leave parts of a reply out.
  let contentTokens = 0;
  for (const frame of voice.frames(delivery)) contentTokens += frame.tokens;
  let tokens = 0;
  let count = 0;
  for (const frame of voice.frames(delivery)) {
    yield frame;
    count += 1;
    tokens += frame.tokens;
    if (tokens > 0 && tokens >= Math.floor(contentTokens / 2)) break;
  }
  if (fault.kind === "stream-error") yield { text: voice.failure(delivery, fault.type, count), tokens: 0 };
  else throw cutOnRequest();
}

function* brokenDocument(kind: string, whole: string): Generator<Frame> {
  if (kind === "silent") return yield SILENCE;
  yield { text: whole.slice(0, Math.floor(whole.length / 2)), tokens: 0 };
  throw cutOnRequest();
}

const cutOnRequest = (): MillraceError =>
  new MillraceError("upstream_cut", "The scripted model was asked to cut its answer short.");
