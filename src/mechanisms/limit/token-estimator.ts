// What a request will take, before anybody has counted: tokens by the bytes of its kind, and an answer as long as three
// quarters of that kind's answers at most. Learned from what finished requests took; a kind nobody has seen is like all.
// Never exact, and not meant to be: what is reserved by it is settled later.

import { MillraceError } from "../../base/index.ts";

export interface TokenEstimatorOptions {
  /** Kinds remembered; the one unused for longest is forgotten. Default 10,000. */
  kindsMax?: number;
}

export interface Estimate {
  readonly input: number;
  readonly output: number;
}

export interface Observed {
  readonly inputBytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface Learned {
  tokensPerByte: number;
  output: number;
}

/** English text and code, as JSON: about four bytes a token. */
const TOKENS_PER_BYTE = 0.25;
const OUTPUT_FIRST = 1000;
const RATIO_PACE = 0.1;
/** The step of a stochastic approximation of a quantile (Robbins and Monro, 1951), relative to its value. */
const OUTPUT_PACE = 0.1;
const QUANTILE = 0.75;
const OUTPUT_MIN = 1;
const OUTPUT_MAX = 10_000_000;
const TOKENS_PER_BYTE_MIN = 0.001;
const TOKENS_PER_BYTE_MAX = 10;

export class TokenEstimator {
  readonly #kindsMax: number;
  readonly #kinds = new Map<string, Learned>();
  readonly #all: Learned = { tokensPerByte: TOKENS_PER_BYTE, output: OUTPUT_FIRST };

  /** Throws `option_invalid`. */
  constructor({ kindsMax = 10_000 }: TokenEstimatorOptions = {}) {
    if (!Number.isSafeInteger(kindsMax) || kindsMax < 1) {
      throw new MillraceError("option_invalid", "An estimator's `kindsMax` is a whole number of 1 or more.");
    }
    this.#kindsMax = kindsMax;
  }

  /** @param outputMax what the request allows, where it says */
  estimate(kind: string, inputBytes: number, outputMax = Number.POSITIVE_INFINITY): Estimate {
    const { tokensPerByte, output } = this.#kinds.get(kind) ?? this.#all;
    return {
      input: Math.ceil(Math.max(0, inputBytes) * tokensPerByte),
      output: Math.ceil(Math.max(0, Math.min(output, outputMax))),
    };
  }

  /** What a request of this kind really took. Numbers that are none are passed over. */
  observe(kind: string, observed: Observed): void {
    if (!Object.values(observed).every((value) => Number.isFinite(value) && value >= 0)) return;
    const learned = this.#kinds.get(kind) ?? { ...this.#all };
    this.#kinds.delete(kind);
    if (this.#kinds.size >= this.#kindsMax) {
      const oldest = this.#kinds.keys().next();
      if (!oldest.done) this.#kinds.delete(oldest.value);
    }
    this.#kinds.set(kind, learned);
    learn(learned, observed);
    learn(this.#all, observed);
  }
}

function learn(learned: Learned, { inputBytes, inputTokens, outputTokens }: Observed): void {
  if (inputBytes > 0 && inputTokens > 0) {
    const ratio = Math.min(TOKENS_PER_BYTE_MAX, Math.max(TOKENS_PER_BYTE_MIN, inputTokens / inputBytes));
    learned.tokensPerByte += RATIO_PACE * (ratio - learned.tokensPerByte);
  }
  const step = OUTPUT_PACE * (outputTokens > learned.output ? QUANTILE : QUANTILE - 1);
  learned.output = Math.min(OUTPUT_MAX, Math.max(OUTPUT_MIN, learned.output * (1 + step)));
}
