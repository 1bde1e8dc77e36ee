// The beginning of a prompt as rolling hashes, one for each place where conversations grow: two prompts share as much of
// their beginning as their chains agree. Cache marks are left out, because clients move them from turn to turn.
// Holds hashes only. Not for identity: 53 bits are enough to find a warm cache, not to keep tenants apart.

export interface ChainLink {
  readonly hash: number;
  /** Tokens from the beginning of the prompt up to here, estimated. */
  readonly tokens: number;
}

const CACHE_MARKS: ReadonlySet<string> = new Set(["cache_control", "prompt_cache_breakpoint"]);
/** Longer texts are hashed as they are; shorter ones are gathered first, since a call costs more than a few bytes. */
const LONG_UNITS = 200;
/** Nothing that a model reads is nested deeper; what lies below counts by its presence alone. */
const DEPTH_MAX = 64;
const SAFE_BITS = 53;
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

class Rolling {
  #hash: bigint;
  #short = "";
  #units = 0;

  constructor(scope: string) {
    this.#hash = hashOf(scope, 0n);
  }

  add(value: unknown, depth: number): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value !== "object" || value === null) this.#gather(`${value};`);
    else if (depth === DEPTH_MAX) this.#gather("deep;");
    else if (Array.isArray(value)) {
      this.#gather(`[${value.length};`);
      for (const entry of value) this.add(entry, depth + 1);
    } else {
      this.#gather("{");
      for (const name in value) {
        if (CACHE_MARKS.has(name)) continue;
        this.#text(name);
        this.add((value as Record<string, unknown>)[name], depth + 1);
      }
      this.#gather("}");
    }
  }

  link(tokensPerUnit: number): ChainLink {
    this.#flush();
    return { hash: Number(BigInt.asUintN(SAFE_BITS, this.#hash)), tokens: Math.ceil(this.#units * tokensPerUnit) };
  }

  #text(value: string): void {
    this.#units += value.length;
    if (value.length <= LONG_UNITS) {
      this.#gather(`${value.length}:${value}`);
      return;
    }
    this.#flush();
    this.#hash = hashOf(value, this.#hash);
  }

  #gather(text: string): void {
    this.#short += text;
  }

  #flush(): void {
    this.#hash = hashOf(this.#short, this.#hash);
    this.#short = "";
  }
}

const hashOf = (text: string, seed: bigint): bigint => BigInt(Bun.hash(text, seed));
