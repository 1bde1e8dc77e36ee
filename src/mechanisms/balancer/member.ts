// One backend as the balancer knows it: what it was told of it, what is under way there, and how it fared.

import { AnswerWindow } from "./answer-window.ts";
import type { Backend } from "./backend.ts";
import type { HealthOptions } from "./balancer-options.ts";
import { DecayingSum } from "./decaying-sum.ts";
import { Health } from "./health.ts";
import { type Digest, digest } from "./rendezvous.ts";
import type { BackendStats } from "./stats.ts";

/**
 * Time constant of what counts as load of late. Long against one answer, so that chance does not look like load, and short
 * against a session, so that a backend which had much is not shunned for long.
 */
export const RECENT_MS = 90_000;

const PUSHED_BACK_MS = 1000;
const PUSHED_BACK_MS_MAX = 60_000;

export class Member {
  readonly name: string;
  readonly digest: Digest;
  readonly health: Health;
  readonly answers = new AnswerWindow();
  backend: Backend;
  /** False once it was taken out: what is under way may end, nothing new begins. */
  isListed = true;
  sessions = 0;
  outstandingTokens = 0;
  outstandingRequests = 0;
  /** Until then it has enough, by its own word. */
  fullUntilMs = Number.NEGATIVE_INFINITY;
  readonly #recentTokens = new DecayingSum(RECENT_MS);
  readonly #recentRequests = new DecayingSum(RECENT_MS);

  constructor(backend: Backend, health: Required<HealthOptions>) {
    this.name = backend.name;
    this.digest = digest(backend.name);
    this.health = new Health(health);
    this.backend = backend;
  }

  get weight(): number {
    return this.backend.weight ?? 1;
  }

  /** Of what is new it should get so much, relative to the others: its weight, less of it just after an ejection. */
  share(nowMs: number): number {
    return this.weight * this.health.share(nowMs);
  }

  stats(nowMs: number, isPanicking: boolean): BackendStats {
    const isUnhealthy = this.health.isUnhealthy(nowMs);
    const isReturning = this.health.share(nowMs) < 1;
    return {
      name: this.name,
      health: isUnhealthy ? (isPanicking ? "unhealthy" : "ejected") : isReturning ? "returning" : "healthy",
      ...(isUnhealthy && { ejectedUntilMs: this.health.ejectedUntilMs }),
      outstandingRequests: this.outstandingRequests,
      outstandingTokens: this.outstandingTokens,
      sessions: this.sessions,
    };
  }

  begin(tokens: number, nowMs: number): void {
    this.outstandingTokens += tokens;
    this.outstandingRequests++;
    this.#recentTokens.add(tokens, nowMs);
    this.#recentRequests.add(1, nowMs);
  }

  end(tokens: number): void {
    this.outstandingRequests--;
    // Sums of fractions drift; where nothing is, nothing is.
    this.outstandingTokens = this.outstandingRequests === 0 ? 0 : this.outstandingTokens - tokens;
  }

  pushedBack(retryAfterMs = PUSHED_BACK_MS, nowMs: number): void {
    if (retryAfterMs > 0) this.fullUntilMs = Math.max(this.fullUntilMs, nowMs + Math.min(retryAfterMs, PUSHED_BACK_MS_MAX));
  }

  /** A session came with the load it had elsewhere, or went with it. */
  expect(tokens: number, nowMs: number): void {
    this.#recentTokens.add(tokens, nowMs);
  }

  /** Tokens given to it of late. Outstanding tokens alone would call a backend idle between two answers. */
  recentTokens(nowMs: number): number {
    return Math.max(0, this.#recentTokens.at(nowMs));
  }

  recentRequests(nowMs: number): number {
    return this.#recentRequests.at(nowMs);
  }
}
