// Cuts a finished text into the pieces of a replayed stream. Pieces joined give the text; no character is cut in two.

/** UTF-16 units: small enough that a client shows text as it arrives, large enough that framing costs little. */
const PIECE_UNITS = 256;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** At least one piece; the empty text is one empty piece. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length || pieces.length === 0; ) {
    let end = Math.min(text.length, start + PIECE_UNITS);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
