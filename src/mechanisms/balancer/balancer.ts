// Which backend gets a request: the one whose prompt cache is warm for it, unless another is so much less loaded that leaving
// pays. Everything is reckoned when a request comes; there are no timers. It sends nothing and holds no request: what was
// chosen counts as outstanding until the caller says `done`.

import type { Backend } from "./backend.ts";
import { type BalancerOptions, type CheckedOptions, checkBackends, checkedOptions } from "./balancer-options.ts";
import { type Choice, type ChoiceReason, type ChooseRequest, choiceReasons, type Outcome } from "./choice.ts";
import { betterPlace } from "./leaving.ts";
import { Member } from "./member.ts";
import { Outliers } from "./outliers.ts";
import { Placement } from "./placement.ts";
import { PrefillRate } from "./prefill-rate.ts";
import { PrefixIndex } from "./prefix-index.ts";
import { digest, favourite } from "./rendezvous.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Room } from "./room.ts";
import { type Session, SessionTable, warmed } from "./session-table.ts";
import { SpillBook } from "./spill-book.ts";
import type { BalancerStats } from "./stats.ts";

interface Pick {
  readonly member: Member;
  readonly reason: ChoiceReason;
  /** Its session stays where it is: what does not fit there now, a retry say, is a guest elsewhere. */
  readonly isGuest: boolean;
}

export class Balancer {
  readonly #options: CheckedOptions;
  #members: Member[] = [];
  /** With those that left but have something under way. */
  readonly #byName = new Map<string, Member>();
  readonly #sessions: SessionTable;
  readonly #prefixes: PrefixIndex;
  readonly #placement: Placement;
  readonly #outliers: Outliers;
  readonly #retries: RetryBudget;
  readonly #prefillRate: PrefillRate;
  readonly #spills: SpillBook | undefined;
  readonly #chosen = Object.fromEntries(choiceReasons.map((reason) => [reason, 0])) as Record<ChoiceReason, number>;
  #unable = 0;

  /** Throws `option_invalid`, see `BalancerOptions`. */
  constructor(options: BalancerOptions) {
    this.#options = checkedOptions(options);
    const { sessionsMax, prefixes, health, retryShare, prefillTokensPerSecond, spills, warmMs } = this.#options;
    this.#sessions = new SessionTable(sessionsMax);
    this.#prefixes = new PrefixIndex(prefixes.entriesMax, prefixes.warmMs);
    this.#placement = new Placement(this.#prefixes, this.#options);
    this.#outliers = new Outliers(health.windowMs);
    this.#retries = new RetryBudget(retryShare);
    this.#prefillRate = new PrefillRate(prefillTokensPerSecond);
    this.#spills = spills && new SpillBook(spills, warmMs, (key, name) => this.#adopt(key, name));
    this.setBackends(options.backends);
  }

  /**
   * Those that stay keep their state; one that left takes nothing new, and what it has under way may end.
   * Throws `option_invalid` and changes nothing when a backend makes no sense.
   */
  setBackends(backends: readonly Backend[]): void {
    checkBackends(backends);
    for (const member of this.#members) member.isListed = false;
    this.#members = backends.map((backend) => {
      const member = this.#byName.get(backend.name) ?? new Member(backend, this.#options.health);
      member.backend = backend;
      member.isListed = true;
      this.#byName.set(backend.name, member);
      return member;
    });
    for (const [name, member] of this.#byName) {
      if (!member.isListed && member.outstandingRequests === 0) this.#byName.delete(name);
    }
  }

  /**
   * Asks the other balancers where a session that is new here is warm; no promise when it is known, or nobody shares, or the
   * answer is at hand. Never an error, and as long at most as `spills` lets it be. A `choose` without it asks behind the
   * caller's back, for the session's next request.
   */
  lookUp(key: string): undefined | Promise<void> {
    return this.#sessions.get(key) ? undefined : this.#spills?.ask(key);
  }

  /** Undefined when no backend is able: excluded by `among` or `needs`, or the pinned one is unknown. */
  choose(asked: ChooseRequest): Choice | undefined {
    const nowMs = this.#options.clock.monotonic();
    // An estimate that is no number must not spoil the sums for good.
    const request = asked.tokens >= 0 && asked.tokens < Number.POSITIVE_INFINITY ? asked : { ...asked, tokens: 0 };
    this.#outliers.look(this.#members, nowMs);
    const { key } = request;
    if (key !== undefined) this.#spills?.refresh(key, this.#sessions.get(key), nowMs);
    const pick = this.#pick(request, nowMs);
    if (!pick) {
      this.#unable++;
      return undefined;
    }
    this.#retries.count(nowMs);
    this.#chosen[pick.reason]++;
    return this.#begin(request, pick, nowMs);
  }

  /** What an active probe of the data path found. A success never ends an ejection before its time; an unknown name is ignored. */
  probed(name: string, isOk: boolean): void {
    this.#byName.get(name)?.health.probed(isOk, this.#options.clock.monotonic());
  }

  /** Whether it failed and is left alone for now, and enough others are not. An unknown name is not. */
  isEjected(name: string): boolean {
    const nowMs = this.#options.clock.monotonic();
    return this.#byName.get(name)?.health.isUnhealthy(nowMs) === true && !this.#isPanicking(nowMs);
  }

  /** Takes one retry out of the budget; false when retries are already `retryShare` of recent traffic. */
  mayRetry(): boolean {
    return this.#retries.take(this.#options.clock.monotonic());
  }

  stats(): BalancerStats {
    const nowMs = this.#options.clock.monotonic();
    const isPanicking = this.#isPanicking(nowMs);
    return {
      backends: this.#members.map((member) => member.stats(nowMs, isPanicking)),
      sessions: this.#sessions.size,
      prefixes: this.#prefixes.size,
      chosen: { ...this.#chosen },
      unable: this.#unable,
      isPanicking,
    };
  }

  #pick(request: ChooseRequest, nowMs: number): Pick | undefined {
    const { pinned } = request;
    if (pinned !== undefined) {
      const member = this.#byName.get(pinned);
      return member?.isListed ? { member, reason: "pinned", isGuest: false } : undefined;
    }
    const able = this.#able(request);
    if (able.length === 0) return undefined;
    const healthy = this.#isPanicking(nowMs) ? able : able.filter(({ health }) => !health.isUnhealthy(nowMs));
    const pick = this.#pickAmong(healthy.length > 0 ? healthy : able, able, request, nowMs);
    return pick.member.health.isUnhealthy(nowMs) ? { ...pick, reason: "panic" } : pick;
  }

  #able({ needs, among }: ChooseRequest): readonly Member[] {
    if (needs === undefined && among === undefined) return this.#members;
    return this.#members.filter(({ name, backend }) => {
      if (needs !== undefined && !backend.capabilities?.includes(needs)) return false;
      return among?.(name) !== false;
    });
  }

  #pickAmong(fit: readonly Member[], able: readonly Member[], request: ChooseRequest, nowMs: number): Pick {
    const { key, parent, tokens, waitMs } = request;
    const room = new Room(fit, tokens, this.#options.epsilon, nowMs);
    const session = key === undefined ? undefined : this.#sessions.get(key);
    const isLive = session !== undefined && this.#isWarm(session, nowMs);
    if (isLive && fit.includes(session.member)) {
      const prefillTokensPerMs = this.#prefillRate.tokensPerMs;
      const better = betterPlace({ session, fit, room, nowMs, waitMs, prefillTokensPerMs });
      return better
        ? { member: better, reason: "moved", isGuest: false }
        : { member: session.member, reason: "warm", isGuest: false };
    }
    const isAway = isLive && session.member.isListed && !able.includes(session.member);
    // Home is left out although it was not asked since: no retry, it is gone for longer.
    if (isAway && session.servedBy && fit.includes(session.servedBy)) {
      return { member: session.servedBy, reason: "warm", isGuest: false };
    }
    const near = parent === undefined ? undefined : this.#sessions.get(parent)?.member;
    const placed = this.#placement.place({ request, fit, room, nowMs, parent: near });
    return { ...placed, isGuest: isAway };
  }

  #isWarm(session: Session, nowMs: number): boolean {
    return session.inFlight > 0 || nowMs - session.usedAtMs <= this.#options.warmMs;
  }

  #isPanicking(nowMs: number): boolean {
    let unhealthy = 0;
    for (const { health } of this.#members) if (health.isUnhealthy(nowMs)) unhealthy++;
    return unhealthy > this.#members.length / 2;
  }

  #begin(request: ChooseRequest, { member, reason, isGuest }: Pick, nowMs: number): Choice {
    const { key, tokens, chain } = request;
    member.begin(tokens, nowMs);
    if (chain) this.#prefixes.add(chain, member, nowMs);
    const session = key === undefined ? undefined : this.#enter(key, request, isGuest ? undefined : member, nowMs);
    let isDone = false;
    return {
      backend: member.name,
      reason,
      done: (outcome = { kind: "left" }) => {
        if (isDone) return;
        isDone = true;
        member.end(tokens);
        // Who was turned away from one line after another has asked nobody: that earns no retries.
        if (outcome.kind === "left") this.#retries.withdraw(this.#options.clock.monotonic());
        if (session) this.#leave(session, member, outcome, isGuest);
        this.#learn(member, outcome);
      },
    };
  }

  /** @param member undefined for a guest, whose session stays where it is. */
  #enter(key: string, request: ChooseRequest, member: Member | undefined, nowMs: number): Session | undefined {
    if (!member) return this.#sessions.get(key);
    const session = this.#sessions.put(key, member, nowMs);
    session.inFlight++;
    session.recent.add(request.tokens, nowMs);
    warmed(session, request.tokens);
    this.#spills?.tell(session, favourite(digest(key), this.#able(request)) !== member, nowMs);
    return session;
  }

  #leave(session: Session, member: Member, { kind }: Outcome, isGuest: boolean): void {
    const nowMs = this.#options.clock.monotonic();
    if (!isGuest) {
      session.inFlight--;
      session.usedAtMs = nowMs;
      if (kind === "ok" && session.member === member) session.isProven = true;
      return;
    }
    // A guest stays when it was served, and home is ejected or has nothing of the session to lose.
    const isHomeless = session.member.health.isUnhealthy(nowMs) || (!session.isProven && session.inFlight === 0);
    if (kind !== "ok" || !member.isListed || this.#sessions.get(session.key) !== session) return;
    session.servedBy = member;
    session.usedAtMs = nowMs;
    if (!isHomeless) return;
    const { warmTokens } = session;
    this.#sessions.put(session.key, member, nowMs);
    session.warmTokens = warmTokens;
    session.isProven = true;
  }

  /** Another balancer said that the session is there. */
  #adopt(key: string, name: string): void {
    const member = this.#byName.get(name);
    if (!member?.isListed || this.#sessions.get(key)?.member === member) return;
    const session = this.#sessions.put(key, member, this.#options.clock.monotonic());
    session.isProven = true;
    session.isToldAway = true;
  }

  #learn(member: Member, outcome: Outcome): void {
    if (outcome.kind === "failed") {
      member.answers.failed++;
      member.health.failed(this.#options.clock.monotonic());
    }
    if (outcome.kind === "pushed_back") member.pushedBack(outcome.retryAfterMs, this.#options.clock.monotonic());
    if (outcome.kind !== "ok") return;
    member.answers.ok++;
    member.health.succeeded();
    const { firstTokenMs, uncachedTokens } = outcome;
    if (firstTokenMs === undefined || uncachedTokens === undefined) return;
    if (!(firstTokenMs >= 0 && uncachedTokens >= 0 && Number.isFinite(firstTokenMs + uncachedTokens))) return;
    member.answers.timed(firstTokenMs, uncachedTokens, 1000 * this.#prefillRate.tokensPerMs);
    this.#prefillRate.learn(firstTokenMs, uncachedTokens);
  }
}
