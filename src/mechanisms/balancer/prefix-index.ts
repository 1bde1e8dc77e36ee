// Which backends have read which beginnings of prompts, by chained hashes. Bounded in two generations: when the younger one is
// full the older is forgotten, and with it what was not used meanwhile. A backend that holds a beginning holds all shorter
// ones, so neither search nor entry walks the whole chain.

import type { PrefixMark } from "./choice.ts";
import type { Member } from "./member.ts";

/** A beginning that more backends hold is held by all, for what it matters. */
const HOLDERS_MAX = 16;
/** Share of `warmMs` within which a use is not entered again. */
const SAME_USE = 0.1;

interface Holder {
  member: Member;
  usedAtMs: number;
}

type Generation = Map<string | number, Holder[]>;

export class PrefixIndex {
  readonly #generationMax: number;
  readonly #warmMs: number;
  #young: Generation = new Map();
  #old: Generation = new Map();

  constructor(entriesMax: number, warmMs: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
    this.#warmMs = warmMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Tokens of the prompt's beginning that each of these holds; none for those not in the answer. */
  matches(chain: readonly PrefixMark[], among: readonly Member[], nowMs: number): Map<Member, number> {
    const found = new Map<Member, number>();
    const looked: (readonly Holder[] | undefined)[] = [];
    for (const member of among) {
      let held = -1;
      for (let beyond = chain.length; beyond - held > 1; ) {
        const middle = (held + beyond) >> 1;
        looked[middle] ??= this.#holdersOf((chain[middle] as PrefixMark).hash);
        if (isHolder(looked[middle], member, nowMs - this.#warmMs)) held = middle;
        else beyond = middle;
      }
      const mark = chain[held];
      if (mark) found.set(member, mark.tokens);
    }
    return found;
  }

  /** The backend reads the whole chain now. */
  add(chain: readonly PrefixMark[], member: Member, nowMs: number): void {
    for (let at = chain.length - 1; at >= 0; at--) {
      const { hash } = chain[at] as PrefixMark;
      const young = this.#young.get(hash);
      // All shorter ones were entered no earlier than this.
      if (young && isHolder(young, member, nowMs - SAME_USE * this.#warmMs)) return;
      const holders = young ?? this.#grow(hash);
      const holder = holders.find((one) => one.member === member);
      if (holder) holder.usedAtMs = nowMs;
      else if (holders.length < HOLDERS_MAX) holders.push({ member, usedAtMs: nowMs });
      else holders[oldestOf(holders)] = { member, usedAtMs: nowMs };
    }
  }

  #holdersOf(hash: string | number): readonly Holder[] {
    return this.#young.get(hash) ?? this.#old.get(hash) ?? NOBODY;
  }

  #grow(hash: string | number): Holder[] {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    const holders = this.#old.get(hash) ?? [];
    this.#old.delete(hash);
    this.#young.set(hash, holders);
    return holders;
  }
}

const NOBODY: readonly Holder[] = [];

function isHolder(holders: readonly Holder[] | undefined, member: Member, sinceMs: number): boolean {
  return holders?.some((holder) => holder.member === member && holder.usedAtMs >= sinceMs) === true;
}

function oldestOf(holders: readonly Holder[]): number {
  let oldest = 0;
  for (let at = 1; at < holders.length; at++) {
    if ((holders[at] as Holder).usedAtMs < (holders[oldest] as Holder).usedAtMs) oldest = at;
  }
  return oldest;
}
