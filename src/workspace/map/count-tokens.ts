// Counts tokens as OpenAI's models of the o200k family do; other families' counts differ by some percent. Text is data: what looks like a
// special token is counted as the letters it is. The vocabulary is loaded when it is first asked for, because that takes some 100 ms.

export interface Tokenizer {
  /** As answers name it. */
  readonly name: string;
  count(text: string): number;
}

const PLAIN = { disallowedSpecial: new Set<string>() };

/** The one that budgets are counted with. */
export async function loadTokenizer(): Promise<Tokenizer> {
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  return { name: "o200k_base", count: (text) => countTokens(text, PLAIN) };
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
