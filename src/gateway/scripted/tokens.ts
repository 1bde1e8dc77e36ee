// Tokens by estimate: four bytes of input, or four characters of output, are one. No tokenizer is imitated; the
// figures are steady and add up, which is what budgets, caches and tests need of them.

const CHARACTERS_PER_TOKEN = 4;

/** Input tokens of a text: its UTF-8 bytes divided by four, rounded up. */
export const inputTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** Output tokens of a text: the number of pieces of one token it is written in. */
export function outputTokens(text: string): number {
  let tokens = 0;
  for (let start = 0; start < text.length; start = pieceEnd(text, start, 1)) tokens += 1;
  return tokens;
}

/** The text in pieces of `tokensEach` tokens; the last may be shorter. Never splits a surrogate pair. */
export function* pieces(text: string, tokensEach: number): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start, tokensEach);
    yield text.slice(start, end);
    start = end;
  }
}

/** The first `tokens` tokens of a text. */
export const firstTokens = (text: string, tokens: number): string => text.slice(0, pieceEnd(text, 0, tokens));

function pieceEnd(text: string, start: number, tokens: number): number {
  let end = start;
  for (let piece = 0; piece < tokens && end < text.length; piece++) {
    end += CHARACTERS_PER_TOKEN;
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last <= 0xdbff) end += 1;
  }
  return Math.min(end, text.length);
}
