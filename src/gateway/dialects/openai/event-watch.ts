// The watch on a live stream: splits events and hands each to the endpoint's own inspector, which notes what it learns.
// Nothing is kept but those notes.

import type { AnswerWatch, Usage } from "../dialect.ts";
import { SseScanner } from "../sse-scanner.ts";

/** What an inspector has learned so far. */
export interface Notes {
  usage: Usage | undefined;
  complete: boolean;
  failure: string | undefined;
  contentSeen: boolean;
  continuedAs?: string;
}

/** Looks at the raw bytes of one event. Runs for every frame of every stream: it must not decode ordinary ones. */
export type Inspector = (event: Uint8Array, notes: Notes) => void;

class EventWatch implements AnswerWatch {
  readonly #notes: Notes = { usage: undefined, complete: false, failure: undefined, contentSeen: false };
  readonly #scanner: SseScanner;

  constructor(inspect: Inspector) {
    this.#scanner = new SseScanner((event) => inspect(event, this.#notes));
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  get usage(): Usage | undefined {
    return this.#notes.usage;
  }

  get complete(): boolean {
    return this.#notes.complete;
  }

  get failure(): string | undefined {
    return this.#notes.failure;
  }

  get atBoundary(): boolean {
    return this.#scanner.atBoundary;
  }

  get contentSeen(): boolean {
    return this.#notes.contentSeen;
  }

  get continuedAs(): string | undefined {
    return this.#notes.continuedAs;
  }
}

export const watchWith = (inspect: Inspector): AnswerWatch => new EventWatch(inspect);

/** A JSON answer is read whole once it is there; on the way there is nothing to learn but that it began. */
class JsonWatch implements AnswerWatch {
  readonly usage = undefined;
  readonly complete = false;
  readonly failure = undefined;
  /** No event may ever be put into a JSON answer. */
  readonly atBoundary = false;
  contentSeen = false;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.contentSeen = true;
  }
}

export const watchJson = (): AnswerWatch => new JsonWatch();

const LETTER_N = 0x6e;
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * Does the JSON in `event` have this key with a value that is not null? `quotedKey` is the key in its quotes. Text
 * inside a JSON string cannot pass for a key, because its quotes are escaped.
 */
export function hasValue(event: Uint8Array, quotedKey: Uint8Array): boolean {
  // Buffer's native search works on any byte array; making a Buffer of it would cost more than the search.
  for (let at = find(event, quotedKey, 0); at >= 0; at = find(event, quotedKey, at + 1)) {
    let after = skipSpaces(event, at + quotedKey.length);
    if (event[after] !== COLON) continue;
    after = skipSpaces(event, after + 1);
    if (event[after] !== LETTER_N) return true;
  }
  return false;
}

const find = (event: Uint8Array, bytes: Uint8Array, from: number): number => Buffer.prototype.indexOf.call(event, bytes, from);

function skipSpaces(event: Uint8Array, from: number): number {
  let at = from;
  while (event[at] === SPACE) at++;
  return at;
}
