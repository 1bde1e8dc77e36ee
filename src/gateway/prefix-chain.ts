// The beginning of a prompt as rolling hashes, one for each place where conversations grow: two prompts share as much of
// their beginning as their chains agree. Cache marks are left out, because clients move them from turn to turn.
// Holds hashes only. Not for identity: 53 bits are enough to find a warm cache, not to keep tenants apart.

export interface ChainLink {
  readonly hash: number;
  /** Tokens from the beginning of the prompt up to here, estimated. */
  readonly tokens: number;
}

const CACHE_MARKS: ReadonlySet<string> = new Set(["cache_control", "prompt_cache_breakpoint"]);
/** Longer texts are hashed by the runtime; for shorter ones the call and its big integer cost more than the loop. */
const LONG_UNITS = 64;
/** Nothing that a model reads is nested deeper; what lies below counts by its presence alone. */
const DEPTH_MAX = 64;
const SAFE_BITS = 53;
const LOW_PRIME = 0x01000193;
const HIGH_PRIME = 0x85ebca6b;
/** Marks of the structure, which no length of a text takes. */
const [LIST, OBJECT, END, DEEP, PLAIN] = [-1, -2, -3, -4, -5] as const;
const LINKS_MAX = 4096;

/**
 * @param scope what the hashes are good for: tenant and model
 * @param pieces of the prompt, in order; those past 4,096 belong to the last link
 */
export function prefixChain(scope: string, pieces: readonly unknown[], tokensPerUnit: number): ChainLink[] {
  const rolling = new Rolling(scope);
  const chain: ChainLink[] = [];
  for (const piece of pieces) {
    rolling.add(piece, 0);
    if (chain.length < LINKS_MAX) chain.push(rolling.link(tokensPerUnit));
  }
  return chain;
}

/** Two lanes of FNV-1a (Fowler, Noll, Vo) over 16-bit units, with different primes: numbers only, nothing for the collector. */
class Rolling {
  #low = 0x811c9dc5 | 0;
  #high = 0x6c62272e | 0;
  #units = 0;

  constructor(scope: string) {
    this.#short(scope);
  }

  add(value: unknown, depth: number): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value !== "object" || value === null) {
      this.#mix(PLAIN);
      this.#short(String(value));
    } else if (depth === DEPTH_MAX) this.#mix(DEEP);
    else if (Array.isArray(value)) {
      this.#mix(LIST);
      this.#mix(value.length);
      for (const entry of value) this.add(entry, depth + 1);
    } else {
      this.#mix(OBJECT);
      for (const name in value) {
        if (CACHE_MARKS.has(name)) continue;
        this.#text(name);
        this.add((value as Record<string, unknown>)[name], depth + 1);
      }
      this.#mix(END);
    }
  }

  link(tokensPerUnit: number): ChainLink {
    return {
      hash: (this.#high >>> (64 - SAFE_BITS)) * 2 ** 32 + (this.#low >>> 0),
      tokens: Math.ceil(this.#units * tokensPerUnit),
    };
  }

  #text(value: string): void {
    this.#units += value.length;
    if (value.length <= LONG_UNITS) {
      this.#short(value);
      return;
    }
    const hash = BigInt(Bun.hash(value));
    this.#mix(Number(BigInt.asUintN(32, hash)));
    this.#mix(Number(hash >> 32n));
  }

  #short(value: string): void {
    this.#mix(value.length);
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      low = Math.imul(low ^ unit, LOW_PRIME);
      high = Math.imul(high ^ unit, HIGH_PRIME);
    }
    this.#low = low;
    this.#high = high;
  }

  /** All 32 bits reach the low ones of the lanes, which FNV alone moves upwards only. */
  #mix(word: number): void {
    const low = Math.imul(this.#low ^ word, LOW_PRIME);
    const high = Math.imul(this.#high ^ word, HIGH_PRIME);
    this.#low = low ^ (low >>> 15);
    this.#high = high ^ (high >>> 13);
  }
}
