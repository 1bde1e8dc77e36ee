// The few assertions the conformance suites need, without any test runner: they throw an Error that names the
// expectation. Not for tests outside this folder, which have their runner's own.

import { type ErrorCode, MillraceError } from "../../base/index.ts";

/** Bytes are compared by content, everything else by its JSON form, in which the order of names says nothing. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (show(actual) === show(expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** `work` is a promise, or what was given in place of one. */
export async function refuses(code: ErrorCode, work: unknown, what: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (MillraceError.is(error, code)) return;
    throw new Error(`${what}: expected the error ${code}, got ${String(error)}`, { cause: error });
  }
  throw new Error(`${what}: expected the error ${code}, but it was accepted`);
}

/** The keys in a defined order. A key that came twice is in it twice. */
export async function keysOf(scan: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of scan) keys.push(key);
  return keys.sort();
}

function show(value: unknown): string {
  if (value === undefined) return "undefined";
  if (!(value instanceof Uint8Array)) return JSON.stringify(value, inOrder);
  if (value.byteLength <= 512) return `${value.byteLength} bytes ${value.toHex()}`;
  return `${value.byteLength} bytes, checksum ${checksum(value)}`;
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): enough to tell large test values apart. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
