// Which backends have room: consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018) in tokens. A backend
// is full from (1 + epsilon) times its share of all outstanding tokens, this request's included. What is below may take one
// request of any size, as a bin there takes a whole ball: an idle backend is never full, and one of them is always below.
// The same bound on the tokens of late keeps apart what is busy from what just happens to hold two answers.

import type { Member } from "./member.ts";

/** How full: room; room, though busy of late; over its share of what is outstanding, or full by its own word; over what it was said to take. */
export type Fullness = 0 | 1 | 2 | 3;

/**
 * So many requests of the usual size make no backend full or busy, however idle the others are: where little is under way,
 * one request more or less would else send sessions from home for nothing, and balancers would disagree.
 */
const FEW_OUTSTANDING = 2;
const FEW_RECENT = 8;

export class Room {
  readonly #tokens: number;
  readonly #nowMs: number;
  readonly #meanShare: number;
  readonly #outstandingMax: number;
  readonly #recentMax: number;

  /** @param fit those that could take the request; nobody else's load counts. */
  constructor(fit: readonly Member[], tokens: number, epsilon: number, nowMs: number) {
    let outstanding = tokens;
    let recent = tokens;
    let requests = 1;
    let shares = 0;
    let settledShares = 0;
    for (const member of fit) {
      outstanding += member.outstandingTokens;
      shares += member.share(nowMs);
      // One that came back has had little of late: against it all others would look busy, and lose live sessions to each other.
      if (!member.health.isTrusted(nowMs)) continue;
      recent += member.recentTokens(nowMs);
      requests += member.recentRequests(nowMs);
      settledShares += member.share(nowMs);
    }
    this.#tokens = tokens;
    this.#nowMs = nowMs;
    this.#meanShare = shares / fit.length;
    const usual = recent / requests;
    this.#outstandingMax = Math.max(FEW_OUTSTANDING * usual, ((1 + epsilon) * outstanding) / fit.length);
    this.#recentMax = Math.max(FEW_RECENT * usual, ((1 + epsilon) * recent * this.#meanShare) / (settledShares || shares));
  }

  fullness(member: Member): Fullness {
    const outstanding = this.outstandingTokens(member);
    if (outstanding > 0 && !this.#takes(member)) return 3;
    if (this.#nowMs < member.fullUntilMs) return 2;
    if (outstanding > 0 && outstanding >= this.#outstandingMax) return 2;
    return this.isBusy(member) ? 1 : 0;
  }

  /** Whether it had more than its share of late. */
  isBusy(member: Member): boolean {
    return this.recentTokens(member) >= this.#recentMax;
  }

  /** Of late, for comparison: as if it had the mean share. */
  recentTokens(member: Member): number {
    return member.recentTokens(this.#nowMs) / this.relativeShare(member);
  }

  /** For comparison: as if it had the mean share. */
  outstandingTokens(member: Member): number {
    return member.outstandingTokens / this.relativeShare(member);
  }

  relativeShare(member: Member): number {
    return member.share(this.#nowMs) / this.#meanShare;
  }

  #takes({ backend, outstandingTokens }: Member): boolean {
    return backend.capacity === undefined || outstandingTokens + this.#tokens <= backend.capacity;
  }
}
