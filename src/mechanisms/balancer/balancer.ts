// Which backend gets a request: the one whose prompt cache is warm for it, unless another is so much less loaded that leaving pays.

import type { Backend } from "./backend.ts";
import { type BalancerOptions, type CheckedOptions, checkBackends, checkedOptions } from "./balancer-options.ts";
import { type Choice, type ChoiceReason, type ChooseRequest, choiceReasons } from "./choice.ts";
import { type Digest, digest, preference } from "./rendezvous.ts";
import type { BalancerStats } from "./stats.ts";

interface Member {
  backend: Backend;
  digest: Digest;
  tokens: number;
  requests: number;
}

export class Balancer {
  readonly #options: CheckedOptions;
  #members = new Map<string, Member>();
  readonly #chosen = Object.fromEntries(choiceReasons.map((reason) => [reason, 0])) as Record<ChoiceReason, number>;
  #unable = 0;

  /** Throws `option_invalid`, see `BalancerOptions`. */
  constructor(options: BalancerOptions) {
    this.#options = checkedOptions(options);
    this.setBackends(options.backends);
  }

  /** Those that stay keep their state; one that left takes nothing new, and what it has under way may end. */
  setBackends(backends: readonly Backend[]): void {
    checkBackends(backends);
    const members = new Map<string, Member>();
    for (const backend of backends) {
      const known = this.#members.get(backend.name);
      members.set(backend.name, { ...(known ?? { digest: digest(backend.name), tokens: 0, requests: 0 }), backend });
    }
    this.#members = members;
  }

  /**
   * Asks the other balancers where a session unknown here is warm; nothing to wait for when it is known, or nobody shares.
   * At most 50 ms, never an error. A `choose` without it asks too, for the next request of the session.
   */
  lookUp(_key: string): undefined | Promise<void> {
    return undefined;
  }

  /** Undefined when no backend is able: excluded by `among` or `needs`, or the pinned one is unknown. */
  choose(request: ChooseRequest): Choice | undefined {
    const { key = "", pinned } = request;
    const keyDigest = digest(key);
    let best: Member | undefined;
    let bestPreference = -1;
    for (const member of this.#members.values()) {
      const { name, weight = 1 } = member.backend;
      if (pinned === undefined ? request.among?.(name) === false : name !== pinned) continue;
      const preferred = preference(keyDigest, member.digest, weight);
      if (preferred <= bestPreference) continue;
      best = member;
      bestPreference = preferred;
    }
    if (!best) {
      this.#unable++;
      return undefined;
    }
    const member = best;
    const reason: ChoiceReason = pinned === undefined ? "home" : "pinned";
    this.#chosen[reason]++;
    member.tokens += request.tokens;
    member.requests++;
    let isDone = false;
    return {
      backend: member.backend.name,
      reason,
      done: () => {
        if (isDone) return;
        isDone = true;
        member.tokens -= request.tokens;
        member.requests--;
      },
    };
  }

  /** What an active probe of the data path found. A success never ends an ejection before its time. */
  probed(_name: string, _isOk: boolean): void {}

  /** Takes one retry out of the budget; false when retries are already `retryShare` of recent traffic. */
  mayRetry(): boolean {
    return this.#options.retryShare > 0;
  }

  stats(): BalancerStats {
    return {
      backends: [...this.#members.values()].map(({ backend, tokens, requests }) => ({
        name: backend.name,
        health: "healthy",
        outstandingRequests: requests,
        outstandingTokens: tokens,
        sessions: 0,
      })),
      sessions: 0,
      prefixes: 0,
      chosen: { ...this.#chosen },
      unable: this.#unable,
      isPanicking: false,
    };
  }
}
