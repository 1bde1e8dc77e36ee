// Where a request goes that is warm nowhere: by hash, so that every balancer would say the same; near its parent; where its
// beginning was read; or to the less loaded of two. Always to one that has room while any has. Remembers nothing.

import type { Random } from "../../base/index.ts";
import type { CheckedOptions } from "./balancer-options.ts";
import type { ChoiceReason, ChooseRequest, PrefixMark } from "./choice.ts";
import type { Member } from "./member.ts";
import type { PrefixIndex } from "./prefix-index.ts";
import { digest, preference } from "./rendezvous.ts";
import type { Room } from "./room.ts";

export interface Placed {
  member: Member;
  reason: ChoiceReason;
}

export interface Question {
  readonly request: ChooseRequest;
  /** Those that may take it, one at least. */
  readonly fit: readonly Member[];
  readonly room: Room;
  readonly nowMs: number;
  /** Where the parent session is. */
  readonly parent: Member | undefined;
}

/** Points by which home may score less than the best and still be taken: servers that see other loads agree all the same. */
const SCORES_NEAR = 10;
/** The shortest beginning that is worth leaving home for: what providers cache at least. */
const PREFIX_TOKENS_MIN = 1024;

export class Placement {
  readonly #prefixes: PrefixIndex;
  readonly #beta: number;
  readonly #random: Random;
  readonly #scoreOf: ((name: string) => number | undefined) | undefined;

  constructor(prefixes: PrefixIndex, { prefixes: { beta }, random, scoreOf }: CheckedOptions) {
    this.#prefixes = prefixes;
    this.#beta = beta;
    this.#random = random;
    this.#scoreOf = scoreOf;
  }

  place(question: Question): Placed {
    const { request, room, parent } = question;
    const fit = inRegion(question);
    const { key, chain } = request;
    const near = { ...question, fit };
    if (parent && fit.includes(parent) && room.fullness(parent) === 0) return { member: parent, reason: "parent" };
    if (key === undefined) return chain ? this.#byPrefix(near, chain) : this.#ofTwo(near);
    const byHash = this.#byHash(near, key);
    return (chain && this.#betterRead(byHash.member, near, chain)) ?? byHash;
  }

  #byHash({ fit, room, nowMs }: Question, key: string): Placed {
    const keyDigest = digest(key);
    const scores = this.#scoreOf && fit.map(({ name }) => this.#scoreOf?.(name));
    const leastScore = scores && Math.max(...scores.map((score) => score ?? Number.NEGATIVE_INFINITY)) - SCORES_NEAR;
    let [home, homePreference] = [0, -1];
    let [best, bestPreference, bestFullness] = [0, -1, 9];
    fit.forEach((member, at) => {
      const preferred = preference(keyDigest, member.digest, member.share(nowMs));
      if (preferred > homePreference) [home, homePreference] = [at, preferred];
      const score = scores?.[at];
      const isFar = score !== undefined && leastScore !== undefined && score <= leastScore;
      const fullness = room.fullness(member) + (isFar ? 0.5 : 0);
      if (fullness > bestFullness || (fullness === bestFullness && preferred <= bestPreference)) return;
      [best, bestPreference, bestFullness] = [at, preferred, fullness];
    });
    if (best === home) return { member: fit[best] as Member, reason: "home" };
    const isFull = room.fullness(fit[home] as Member) > room.fullness(fit[best] as Member);
    return { member: fit[best] as Member, reason: isFull ? "spill" : "score" };
  }

  /**
   * By score: tokens of the beginning that were read there, less beta times the tokens of load. That is its bound: however many
   * share a beginning, a backend gets but so many tokens more than the others for it. Equal scores: the first of a random turn.
   */
  #byPrefix({ fit, room, nowMs }: Question, chain: readonly PrefixMark[]): Placed {
    const matches = this.#prefixes.matches(chain, fit, nowMs);
    const from = this.#random.below(fit.length);
    let best = fit[from] as Member;
    let bestFull = true;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let turn = 0; turn < fit.length; turn++) {
      const member = fit[(from + turn) % fit.length] as Member;
      const isFull = room.fullness(member) === 3;
      const score = (matches.get(member) ?? 0) - this.#beta * room.recentTokens(member);
      if (isFull === bestFull ? score <= bestScore : isFull) continue;
      [best, bestFull, bestScore] = [member, isFull, score];
    }
    return { member: best, reason: matches.has(best) ? "prefix" : "two-choices" };
  }

  /** For a session that begins like another, the backend that read that, if it read enough more of it than `home` did. */
  #betterRead(home: Member, { fit, room, nowMs }: Question, chain: readonly PrefixMark[]): Placed | undefined {
    const matches = this.#prefixes.matches(chain, fit, nowMs);
    const atHome = matches.get(home) ?? 0;
    let best: Member | undefined;
    let bestGain = PREFIX_TOKENS_MIN;
    for (const [member, tokens] of matches) {
      if (room.fullness(member) > 0) continue;
      const gain = tokens - atHome - this.#beta * Math.max(0, room.recentTokens(member) - room.recentTokens(home));
      if (gain <= bestGain) continue;
      [best, bestGain] = [member, gain];
    }
    return best && { member: best, reason: "prefix" };
  }

  /** Power of two choices (Mitzenmacher 2001): the less loaded of two drawn by weight. */
  #ofTwo({ fit, room, nowMs }: Question): Placed {
    const one = this.#draw(fit, nowMs);
    const rest = fit.filter((member) => member !== one);
    const other = rest.length > 0 ? this.#draw(rest, nowMs) : one;
    const difference =
      room.fullness(one) - room.fullness(other) ||
      room.outstandingTokens(one) - room.outstandingTokens(other) ||
      room.recentTokens(one) - room.recentTokens(other);
    return { member: difference > 0 ? other : one, reason: "two-choices" };
  }

  #draw(fit: readonly Member[], nowMs: number): Member {
    let left = this.#random.next() * fit.reduce((sum, member) => sum + member.share(nowMs), 0);
    for (const member of fit) {
      left -= member.share(nowMs);
      if (left < 0) return member;
    }
    return fit[0] as Member;
  }
}

/** Those of the wished region, while one of them has room. */
function inRegion({ request: { region }, fit, room }: Question): readonly Member[] {
  if (region === undefined) return fit;
  const local = fit.filter((member) => member.backend.region === region);
  return local.some((member) => room.fullness(member) < 2) ? local : fit;
}
