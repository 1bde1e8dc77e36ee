// Bytes of a file as text: which encoding they are in, whether they are text at all, and lines of it. What is no valid text is said, never guessed.

export interface FileText {
  /** The lines asked for, with their ends as they are; without a byte order mark. */
  readonly text: string;
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  /** Bytes that are none of this encoding stand as U+FFFD. */
  readonly hasInvalid: boolean;
  /** Lines of the whole file; a last one without an end counts. */
  readonly lines: number;
}

/** A byte 0 so near to the beginning makes it binary, as for git. */
const BINARY_PROBE_BYTES = 8000;
const LF = 10;

/** @param from first line, from 1 on @param to last line, included. @returns undefined for what is binary */
export function textOf(bytes: Uint8Array, from = 1, to = Number.POSITIVE_INFINITY): FileText | undefined {
  const encoding = encodingOf(bytes);
  if (encoding === "utf-8" && bytes.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
  const whole = new TextDecoder(encoding).decode(bytes);
  const [start, end, lines] = spanOf(whole, from, to);
  return { text: whole.slice(start, end), encoding, hasInvalid: whole.includes("\ufffd") && !isValid(bytes, encoding), lines };
}

function encodingOf([first, second]: Uint8Array): FileText["encoding"] {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function isValid(bytes: Uint8Array, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Where these lines begin and end, and how many there are. */
function spanOf(text: string, from: number, to: number): [number, number, number] {
  let [start, end, line] = [from <= 1 ? 0 : text.length, to < 1 ? 0 : text.length, 1];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    if (line === to) end = at + 1;
    line++;
    if (line === from) start = at + 1;
  }
  const endsOpen = text !== "" && text.charCodeAt(text.length - 1) !== LF;
  return [start, Math.max(start, end), endsOpen ? line : line - 1];
}
