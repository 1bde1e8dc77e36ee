// Counts tokens as OpenAI's models of the o200k family do; other families' counts differ by some percent. Text is data: what looks like a
// special token is counted as the letters it is. The vocabulary is loaded when it is first asked for, because that takes some 20 ms.

import { readFile } from "node:fs/promises";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { TokenTable } from "./token-table.ts";

export interface Tokenizer {
  /** As answers name it. */
  readonly name: string;
  count(text: string): number;
}

const UTF8_BYTES_MAX = 3;

/** The one that budgets are counted with. */
export async function loadTokenizer(): Promise<Tokenizer> {
  const file = new URL(import.meta.resolve("gpt-tokenizer/data/o200k_base.tiktoken"));
  const table = new TokenTable(await readFile(file));
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(256);
  const count = (piece: string): number => {
    if (bytes.length < piece.length * UTF8_BYTES_MAX) bytes = new Uint8Array(2 * piece.length * UTF8_BYTES_MAX);
    return table.count(bytes.subarray(0, encoder.encodeInto(piece, bytes).written));
  };
  return {
    name: "o200k_base",
    count: (text) => {
      let tokens = 0;
      for (const [piece] of text.matchAll(O200K_TOKEN_SPLIT_REGEX)) tokens += count(piece);
      return tokens;
    },
  };
}

/** Counts of lines, remembered: maps of one repository show the same lines again and again. */
export class LineTokens {
  readonly tokenizer: Tokenizer;
  readonly #linesMax: number;
  readonly #counts = new Map<string, number>();

  /** @param linesMax remembered ones; at more, all are forgotten. */
  constructor(tokenizer: Tokenizer, linesMax = 50_000) {
    this.tokenizer = tokenizer;
    this.#linesMax = linesMax;
  }

  /** Of a line with its line feed. */
  count(line: string): number {
    const known = this.#counts.get(line);
    if (known !== undefined) return known;
    if (this.#counts.size >= this.#linesMax) this.#counts.clear();
    const tokens = this.tokenizer.count(`${line}\n`);
    this.#counts.set(line, tokens);
    return tokens;
  }
}
