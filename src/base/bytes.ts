// Bytes: the few operations that several rooms need and the platform does not name.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The worker's types leave open what the array is backed by; the standard says a fresh ArrayBuffer.
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text) as Uint8Array<ArrayBuffer>;
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

/** One array with all parts in order. A single part is returned as it is, not copied. */
export function concat(parts: readonly Uint8Array[], totalBytes?: number): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const whole = new Uint8Array(totalBytes ?? parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** A copy of `source` with the bytes in [start, end) replaced. */
export function splice(source: Uint8Array, start: number, end: number, replacement: Uint8Array): Uint8Array {
  return concat([source.subarray(0, start), replacement, source.subarray(end)]);
}
