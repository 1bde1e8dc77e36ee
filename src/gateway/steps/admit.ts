// The line before an upstream: a call waits here for a seat and for room for its tokens, or is told early that waiting is
// no use. What it took is given back however it ends, and how it ended teaches the upstream's limits.

import type { Clock } from "../../base/index.ts";
import type { TokenEstimator } from "../../mechanisms/limit/index.ts";
import type { Admission, AdmissionQueue, Usage as QueueUsage } from "../../mechanisms/queue/index.ts";
import { atEnd } from "../ending.ts";
import type { Answer, Demand, Exchange, Handle, Step } from "../exchange.ts";
import { namesSession } from "../identity/session.ts";
import { verdictOf } from "../push-back.ts";
import { type RefuseOptions, refuse } from "../refuse.ts";
import type { Upstream } from "../upstream.ts";
import { inputTokens, usedTokens } from "../used-tokens.ts";

export interface AdmitOptions {
  readonly clock: Clock;
  readonly estimator: TokenEstimator;
  /** By the upstream's name. */
  readonly queues: ReadonlyMap<string, AdmissionQueue>;
  /** Whether an upstream has failed so often by now that a call had better go elsewhere. */
  readonly isEjected: (upstream: Upstream) => boolean;
}

type Admitted = Extract<Admission, { kind: "admitted" }>;
type NotAdmitted = Exclude<Admission, Admitted>;

export function admit(options: AdmitOptions): Step {
  return (next) => (exchange) => {
    const { demand, upstream, call } = exchange;
    const queue = upstream && options.queues.get(upstream.name);
    if (!queue || !demand) return next(exchange);
    const { tenant, user } = exchange.identity;
    const tokens = demand.input + demand.output;
    const request = {
      ...{ priority: demand.priority, tenant, user, tokens },
      deadlineMs: exchange.deadlineAt,
      canGoElsewhere: exchange.hasOthers,
      ...(queue.hasRoomFor(tokens) ? {} : retryIdOf(exchange)),
    };
    const admission = queue.admit(request, call.signal);
    if (!(admission instanceof Promise)) return go(exchange, demand, admission, next, options);
    return admission.then((late) => {
      // Chosen before it failed. Nothing was asked yet: to go elsewhere is no retry.
      const isInVain = late.kind === "admitted" && exchange.hasOthers && options.isEjected(upstream);
      if (!isInVain) return go(exchange, demand, late, next, options);
      late.finish({ tokens: 0, hasFailed: true });
      return refuse(exchange, "overloaded", `${WHY.elsewhere} ${LATER}`);
    });
  };
}

/**
 * The same for a retry of the same work, which only who waits can meet. Codex sends back what it was given for its turn, in
 * which it asks one thing at a time; other assistants send the same body again and nothing else that would tell. A program
 * without a session may well ask the same several times at once.
 */
function retryIdOf({ call, session, body }: Exchange): { id?: string } {
  if (!namesSession(call.headers)) return {};
  const turn = call.headers.get("x-codex-turn-state");
  return { id: `${session} ${turn === null ? `body ${Bun.hash(body)}` : `turn ${Bun.hash(turn)}`}` };
}

function go(exchange: Exchange, demand: Demand, admission: Admission, next: Handle, options: AdmitOptions): Promise<Answer> {
  if (admission.kind !== "admitted") return Promise.resolve(turnedAway(exchange, admission));
  exchange.report.queuedMs = admission.waitedMs;
  return seated(exchange, demand, admission, next, options);
}

async function seated(
  exchange: Exchange,
  demand: Demand,
  { finish }: Admitted,
  next: Handle,
  { clock, estimator }: AdmitOptions,
): Promise<Answer> {
  const bytes = exchange.body.byteLength;
  const beganAt = clock.monotonic();
  try {
    const answer = await next(exchange);
    return atEnd(answer, exchange.call.signal, () => {
      const { usage } = exchange.report;
      if (usage)
        estimator.observe(demand.kind, { inputBytes: bytes, inputTokens: inputTokens(usage), outputTokens: usage.output });
      finish(usageOf(exchange, answer, beganAt, clock.monotonic()));
    });
  } catch (error) {
    finish({ tokens: 0, hasFailed: true });
    throw error;
  }
}

function usageOf(exchange: Exchange, answer: Answer, beganAt: number, nowMs: number): QueueUsage {
  const verdict = verdictOf(exchange, answer);
  if (verdict.kind === "pushed_back") {
    return { tokens: 0, pushedBack: verdict.retryAfterMs === undefined ? {} : { retryAfterMs: verdict.retryAfterMs } };
  }
  const { usage, upstreamFirstByteAt } = exchange.report;
  const tokens = usedTokens(usage);
  if (verdict.kind === "failed") return { tokens: tokens ?? 0, hasFailed: true };
  if (verdict.kind !== "ok" || !usage || tokens === undefined) return { tokens: tokens ?? 0 };
  const firstTokenMs = upstreamFirstByteAt === undefined ? {} : { firstTokenMs: upstreamFirstByteAt - beganAt };
  return { tokens, ...firstTokenMs, latency: (nowMs - beganAt) / workOf(usage) };
}

/** Reading a token of the prompt that is not cached takes about a twentieth of writing one; every call has a share of its own. */
const READ_SHARE = 0.05;
const CALL_SHARE = 20;

/** Milliseconds by this follow the load of the upstream, not the length of prompts and answers. */
const workOf = ({ input, cacheWrite, output }: NonNullable<Exchange["report"]["usage"]>): number =>
  CALL_SHARE + READ_SHARE * (input + cacheWrite) + output;

function turnedAway(exchange: Exchange, admission: NotAdmitted): Answer {
  const options: RefuseOptions = { retryAfterSeconds: admission.retryAfterSeconds };
  if (admission.kind === "expired") {
    const waited = Math.round(admission.waitedMs / 1000);
    return refuse(exchange, "overloaded", `No seat became free within ${waited} s. ${LATER}`, options);
  }
  if (admission.reason === "too_large") {
    return refuse(exchange, "too_large", "This request needs more tokens than the upstream may ever have in flight. Shorten it.");
  }
  if (admission.reason === "replaced") {
    // Not for want of room: another upstream must not be asked beside the retry that waits.
    return refuse(exchange, "rate_limited", "The same request was sent again, and that one stands in line now.", options);
  }
  return refuse(exchange, "overloaded", `${WHY[admission.reason]} ${LATER}`, options);
}

const LATER = "Try again after the time in `retry-after`.";
const WHY = {
  full: "As many calls wait for this model as may, and others come first.",
  hopeless: "The line for this model is longer than the time this call has left.",
  elsewhere: "The upstream that this call waited for fails.",
} as const;
