// Which backends have read which beginnings of prompts, by chained hashes. Bounded in two generations: what was not used
// since the younger one began is forgotten when it is full. A backend that holds a beginning holds all shorter ones.

import type { PrefixMark } from "./choice.ts";
import type { Member } from "./member.ts";

/** A beginning that more backends hold is held by all, for what it matters. */
const HOLDERS_MAX = 16;

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

  /** Tokens of the prompt's beginning that each backend holds; none for those not in the answer. */
  matches(chain: readonly PrefixMark[], nowMs: number, backends: number): Map<Member, number> {
    const found = new Map<Member, number>();
    for (let at = chain.length - 1; at >= 0 && found.size < backends; at--) {
      const { hash, tokens } = chain[at] as PrefixMark;
      const holders = this.#young.get(hash) ?? this.#old.get(hash);
      if (!holders) continue;
      for (const { member, usedAtMs } of holders) {
        if (nowMs - usedAtMs <= this.#warmMs && !found.has(member)) found.set(member, tokens);
      }
    }
    return found;
  }

  /** The backend reads the whole chain now. */
  add(chain: readonly PrefixMark[], member: Member, nowMs: number): void {
    for (const { hash } of chain) {
      const holders = this.#young.get(hash) ?? this.#grow(hash);
      const holder = holders.find((one) => one.member === member);
      if (holder) holder.usedAtMs = nowMs;
      else if (holders.length < HOLDERS_MAX) holders.push({ member, usedAtMs: nowMs });
      else holders[oldestOf(holders)] = { member, usedAtMs: nowMs };
    }
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

function oldestOf(holders: readonly Holder[]): number {
  let oldest = 0;
  for (let at = 1; at < holders.length; at++) {
    if ((holders[at] as Holder).usedAtMs < (holders[oldest] as Holder).usedAtMs) oldest = at;
  }
  return oldest;
}
