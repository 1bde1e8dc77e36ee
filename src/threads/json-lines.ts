// Lines of JSON out of a stream of bytes, one at a time: memory holds one line. A line that is too long or no object is told as such, so
// that a torn end or a broken record costs itself alone.

import type { Json } from "../ports/index.ts";

export type JsonRecord = { readonly [name: string]: Json };

export interface JsonLine {
  /** From 1 on. */
  readonly number: number;
  /** Undefined: it cannot be read. */
  readonly record: JsonRecord | undefined;
}

const LINE_FEED = 10;

/** Blank lines are left out. */
export async function* jsonLines(source: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<JsonLine> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  const line = (): JsonLine | undefined => {
    number++;
    const text = bytes > lineBytesMax ? undefined : Buffer.concat(parts).toString();
    parts = [];
    bytes = 0;
    return text?.trim() === "" ? undefined : { number, record: recordOf(text) };
  };
  const hold = (part: Uint8Array) => {
    bytes += part.byteLength;
    // What belongs to a line that is too long is not kept.
    if (bytes > lineBytesMax) parts = [];
    else if (part.byteLength > 0) parts.push(part);
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      hold(chunk.subarray(from, end));
      from = end + 1;
      const whole = line();
      if (whole) yield whole;
    }
    hold(chunk.slice(from));
  }
  const rest = bytes > 0 ? line() : undefined;
  if (rest) yield rest;
}

function recordOf(text: string | undefined): JsonRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text.toWellFormed());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
  } catch {
    return undefined;
  }
}

export const textIn = (record: JsonRecord, name: string): string | undefined => {
  const value = record[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

export const recordIn = (record: JsonRecord, name: string): JsonRecord | undefined => {
  const value = record[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
};

export const countIn = (record: JsonRecord | undefined, name: string): number => {
  const value = record?.[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
};

/** Of an ISO 8601 time; undefined when it is none. */
export const timeIn = (record: JsonRecord, name: string): number | undefined => {
  const ms = Date.parse(textIn(record, name) ?? "");
  return Number.isNaN(ms) ? undefined : ms;
};
