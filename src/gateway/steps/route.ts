// Chooses the upstream among those that may serve the call, and another when the first one fails before the client got
// anything: within the retry budget, and never for what only its maker can continue.

import type { Balancer, Choice, ChooseRequest, Outcome } from "../../mechanisms/balancer/index.ts";
import type { DialectName } from "../dialects/dialect.ts";
import { atEnd } from "../ending.ts";
import type { Answer, Exchange, Handle, Report, Step } from "../exchange.ts";
import { namesSession, parentSessionOf } from "../identity/session.ts";
import { Owners } from "../owners.ts";
import { prefixChain } from "../prefix-chain.ts";
import { type Verdict, verdictOf } from "../push-back.ts";
import { refuse } from "../refuse.ts";

export interface RouteOptions {
  /** One for the upstreams of each dialect. */
  readonly balancers: Readonly<Record<DialectName, Balancer>>;
  /** What a call would wait at an upstream before it begins. */
  readonly waitMs: (upstream: string, exchange: Exchange) => number;
  /** The upstream is left alone for now: whoever waits for it and may ask another is to do so. */
  readonly turnAway: (upstream: string) => void;
}

const OWNERS_MAX = 100_000;

export function route(options: RouteOptions): Step {
  const owners = new Owners(OWNERS_MAX);
  return (next) => {
    const balanced = balancedOver(options, owners, next);
    return (exchange) => {
      const [first, ...others] = exchange.target.upstreams;
      if (others.length > 0 && exchange.endpoint !== "models") return balanced(exchange);
      exchange.upstream = first;
      letGo(exchange);
      return next(exchange);
    };
  };
}

/** From here on only the bytes count; a parsed body may be megabytes. */
function letGo(exchange: Exchange): void {
  exchange.facts = { ...exchange.facts, json: {} };
}

function balancedOver({ balancers, waitMs, turnAway }: RouteOptions, owners: Owners, next: Handle): Handle {
  return async (exchange) => {
    const balancer = balancers[exchange.dialect.name];
    const done = (choice: Choice, verdict: Verdict): void => {
      choice.done(outcomeOf(exchange, verdict));
      if (verdict.kind === "failed" && balancer.isEjected(choice.backend)) turnAway(choice.backend);
    };
    const tried = new Set<string>();
    const request = requestOf(exchange, owners, tried, waitMs);
    letGo(exchange);
    const lookedUp = request.key === undefined ? undefined : balancer.lookUp(request.key);
    if (lookedUp) await lookedUp;
    const { body, report } = exchange;
    let refused: Answer | undefined;
    for (;;) {
      const choice = balancer.choose(request);
      const upstream = choice && exchange.target.upstreams.find(({ name }) => name === choice.backend);
      if (!choice || !upstream) {
        choice?.done();
        return refused ?? refuse(exchange, "overloaded", NOBODY);
      }
      exchange.upstream = upstream;
      exchange.body = body;
      tried.add(upstream.name);
      exchange.hasOthers = request.pinned === undefined && tried.size < exchange.target.upstreams.length;
      refused = await asked(exchange, choice, next);
      if (report.sentAt !== undefined) report.attempts++;
      const verdict = verdictOf(exchange, refused);
      if (!exchange.hasOthers || !mayAskAnother(exchange, verdict, balancer)) {
        return ended(exchange, refused, owners, (last) => done(choice, last));
      }
      done(choice, verdict);
      startOver(report);
    }
  };
}

const NOBODY = "No upstream that serves this model can be reached at the moment. Try again.";

/** A throw must give the choice back as well. */
async function asked(exchange: Exchange, choice: Choice, next: Handle): Promise<Answer> {
  try {
    return await next(exchange);
  } catch (error) {
    choice.done({ kind: "left" });
    throw error;
  }
}

function requestOf(
  exchange: Exchange,
  owners: Owners,
  tried: ReadonlySet<string>,
  waitMs: RouteOptions["waitMs"],
): ChooseRequest {
  const { target, demand, session, dialect, endpoint, facts, identity, call } = exchange;
  const names = new Set(target.upstreams.map(({ name }) => name));
  const request: ChooseRequest = {
    tokens: demand?.input ?? 1,
    among: (name) => names.has(name) && !tried.has(name),
    waitMs: (name) => waitMs(name, exchange),
  };
  if (!demand) return request;
  const model = target.upstreamModel ?? "";
  const pinned = pinnedTo(exchange, owners);
  if (pinned !== undefined && names.has(pinned)) request.pinned = pinned;
  const isNamed = namesSession(call.headers) || call.headers.has(OWN_SESSION) || facts.bodySession !== undefined;
  if (session !== undefined && isNamed && target.upstreams.every(({ affinity }) => affinity === "session")) {
    // Each model has a prompt cache of its own.
    request.key = `${session} ${model}`;
    const parent = parentSessionOf({ headers: call.headers, identity });
    if (parent !== undefined) request.parent = `${parent} ${model}`;
    return request;
  }
  const tokensPerUnit = demand.input / Math.max(1, exchange.body.byteLength);
  request.chain = prefixChain(`${identity.tenant} ${model}`, dialect.prefix(endpoint, facts), tokensPerUnit);
  return request;
}

/** The upstream that alone can continue what this call refers to. */
function pinnedTo({ dialect, endpoint, facts, identity, session }: Exchange, owners: Owners): string | undefined {
  const { answerId, sealed } = dialect.binding(endpoint, facts);
  const owner = answerId === undefined ? undefined : owners.find(ownedKey(identity.tenant, answerId));
  return owner ?? (sealed && session !== undefined ? owners.find(session) : undefined);
}

const OWN_SESSION = "x-millrace-session";
const ownedKey = (tenant: string, answerId: string): string => `${tenant.length}:${tenant}${answerId}`;

/**
 * Nothing has reached the client yet. Who was turned away from one upstream's line may try another's for nothing; asking a
 * second one because the first failed is a retry, and those have a budget: retries of a herd would finish what is ailing.
 */
function mayAskAnother({ report, call }: Exchange, verdict: Verdict, balancer: Balancer): boolean {
  if (call.signal.aborted || verdict.kind === "ok") return false;
  if (verdict.kind === "none") return report.reason === "overloaded";
  return balancer.mayRetry();
}

/** The next upstream is asked as if it were the first. */
function startOver(report: Report): void {
  report.outcome = "ok";
  report.reason = undefined;
  report.upstreamStatus = undefined;
  report.sentAt = undefined;
  report.upstreamFirstByteAt = undefined;
  report.usage = undefined;
}

function ended(exchange: Exchange, answer: Answer, owners: Owners, done: (verdict: Verdict) => void): Answer {
  const { session, identity, report, upstream } = exchange;
  return atEnd(answer, exchange.call.signal, () => {
    const verdict = verdictOf(exchange, answer);
    done(verdict);
    if (verdict.kind !== "ok" || !upstream) return;
    if (session !== undefined) owners.remember(session, upstream.name);
    if (report.continuedAs !== undefined) owners.remember(ownedKey(identity.tenant, report.continuedAs), upstream.name);
  });
}

function outcomeOf({ report }: Exchange, verdict: Verdict): Outcome {
  const { kind } = verdict;
  if (kind === "none") return { kind: "left" };
  if (kind === "pushed_back") return verdict.retryAfterMs === undefined ? { kind } : { kind, retryAfterMs: verdict.retryAfterMs };
  if (kind === "failed") return { kind };
  const { sentAt, upstreamFirstByteAt, usage } = report;
  if (sentAt === undefined || upstreamFirstByteAt === undefined || !usage) return { kind };
  return { kind, firstTokenMs: upstreamFirstByteAt - sentAt, uncachedTokens: usage.input + usage.cacheWrite };
}
