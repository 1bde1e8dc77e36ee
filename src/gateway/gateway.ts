// The product: a model call's way to a model and back. Put together from its steps; knows no socket, no file and no
// environment, so that the same gateway serves production, tests and the simulator.

import { Cancellation, type Clock, type IdSource, MillraceError } from "../base/index.ts";
import { BodyMemo } from "./body-memo.ts";
import type { DialectName, Endpoint, RequestFacts } from "./dialects/dialect.ts";
import { dialects } from "./dialects/dialects.ts";
import type { Answer, Call, Exchange } from "./exchange.ts";
import { type FlowOptions, plainFlow } from "./flow.ts";
import type { Identity } from "./identity/identity.ts";
import type { PhaseLimits } from "./phase-limit.ts";
import { pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import { admit } from "./steps/admit.ts";
import { budget } from "./steps/budget.ts";
import { call } from "./steps/call.ts";
import { deadline } from "./steps/deadline.ts";
import { type IdentifyOptions, identify } from "./steps/identify.ts";
import { listModels } from "./steps/list-models.ts";
import { read } from "./steps/read.ts";
import { type RecallOptions, recall } from "./steps/recall.ts";
import { type RecordOptions, record } from "./steps/record.ts";
import { route } from "./steps/route.ts";
import { sustain } from "./steps/sustain.ts";
import { tell } from "./steps/tell.ts";
import { weigh } from "./steps/weigh.ts";
import type { BeginTurn } from "./turn.ts";
import { targetResolver, type Upstream } from "./upstream.ts";

export interface GatewayLimits extends PhaseLimits {
  readonly bodyBytesMax: number;
  /** Largest answer that is not a stream. */
  readonly answerBytesMax: number;
  readonly keepAliveMs: number;
  /** How long a stream's client waits for headers before its stream is opened with pings. */
  readonly openAfterMs: number;
  /** Open calls at once; one more is answered 503. */
  readonly callsMax: number;
}

export interface GatewayOptions {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly upstreams: readonly Upstream[];
  readonly limits: GatewayLimits;
  readonly identify: IdentifyOptions;
  /** Undefined: nothing is answered from cache or shared. */
  readonly recall: Omit<RecallOptions, "memo"> | undefined;
  /** Default: no lines, no quotas. */
  readonly flow?: FlowOptions;
  readonly observe: RecordOptions["observe"];
  readonly report: RecordOptions["report"];
  /** Is told of every turn of a conversation. Default: nobody is, and it costs nothing. */
  readonly beginTurn?: BeginTurn | undefined;
}

export interface Gateway {
  /** Serves one call. Never rejects; a streamed answer must be run or its call aborted. */
  handle(call: Call, dialect: DialectName, endpoint: Endpoint): Promise<Answer>;
  /** Refuses in the words of the dialect before a call gets that far: wrong method, unknown path, draining. */
  refuse: (dialect: DialectName, ...refusal: RefusalWords) => Answer;
  /** Calls that have not ended. */
  readonly openCalls: number;
}

type RefusalWords = Parameters<typeof refuse> extends [unknown, ...infer Rest] ? Rest : never;

const NOBODY: Identity = { tenant: "default", team: "default", user: "unknown", scopes: [], kind: "local" };
const NOTHING_READ: RequestFacts = {
  model: undefined,
  stream: false,
  deterministic: false,
  uncacheable: undefined,
  bodySession: undefined,
  json: {},
};
const MODEL_LIST: RequestFacts = { ...NOTHING_READ, deterministic: true };
const NO_TARGET = { upstreamModel: undefined, upstreams: [] };
const KNOWN_BODIES_MAX = 1000;
const NO_BODY = new Uint8Array(0);

const newReport = (): Exchange["report"] => ({
  cache: "bypass",
  outcome: "ok",
  reason: undefined,
  upstream: undefined,
  upstreamStatus: undefined,
  upstreamModel: undefined,
  usage: undefined,
  priority: undefined,
  queuedMs: undefined,
  attempts: 0,
  turn: undefined,
  continuedAs: undefined,
  sentAt: undefined,
  upstreamFirstByteAt: undefined,
  firstByteAt: undefined,
  bytesIn: 0,
  bytesOut: 0,
});

export function createGateway(options: GatewayOptions): Gateway {
  const { clock, ids, limits, flow = plainFlow(options.upstreams, options.clock) } = options;
  if (options.upstreams.length === 0) throw new MillraceError("option_invalid", "A gateway needs at least one upstream.");
  const memo = new BodyMemo(KNOWN_BODIES_MAX);
  let openCalls = 0;
  const observe: RecordOptions["observe"] = (finished) => {
    openCalls--;
    options.observe(finished);
  };
  const handle = pipeline({
    record: record({ clock, observe, report: options.report }),
    identify: identify(options.identify),
    read: read({ resolve: targetResolver(options.upstreams), bodyBytesMax: limits.bodyBytesMax, memo }),
    sustain: sustain({ clock, keepAliveMs: limits.keepAliveMs, openAfterMs: limits.openAfterMs }),
    deadline: deadline(clock),
    tell: options.beginTurn
      ? tell({ clock, beginTurn: options.beginTurn, answerBytesMax: limits.answerBytesMax })
      : (next) => next,
    recall: options.recall ? recall({ ...options.recall, memo }) : (next) => next,
    listModels,
    weigh: weigh(flow.estimator),
    budget: flow.budget ? budget(flow.budget) : (next) => next,
    route: route({
      balancers: flow.balancers,
      waitMs: (name, { demand }) => (demand && flow.queues.get(name)?.expectedWaitMs(demand.priority)) ?? 0,
      turnAway: (name) => flow.queues.get(name)?.turnAway(),
    }),
    admit: admit({
      clock,
      estimator: flow.estimator,
      queues: flow.queues,
      isEjected: ({ name, dialect }) => flow.balancers[dialect].isEjected(name),
    }),
    call: call({ clock, limits, answerBytesMax: limits.answerBytesMax }),
  });
  const exchangeOf = (incoming: Call, dialect: DialectName, endpoint: Endpoint): Exchange => ({
    id: ids(),
    call: incoming,
    dialect: dialects[dialect],
    endpoint,
    startedAt: clock.monotonic(),
    identity: NOBODY,
    session: undefined,
    body: NO_BODY,
    known: undefined,
    facts: endpoint === "models" ? MODEL_LIST : NOTHING_READ,
    target: NO_TARGET,
    deadlineAt: Number.POSITIVE_INFINITY,
    demand: undefined,
    upstream: undefined,
    hasOthers: false,
    report: newReport(),
  });
  const refuseEarly = (dialect: DialectName, ...words: RefusalWords): Answer => {
    const exchange = exchangeOf(REFUSED_CALL, dialect, "messages");
    const answer = refuse(exchange, ...words);
    answer.headers.set("x-request-id", exchange.id);
    return answer;
  };
  return {
    get openCalls() {
      return openCalls;
    },
    refuse: refuseEarly,
    handle: (incoming, dialect, endpoint) => {
      if (openCalls >= limits.callsMax) {
        const full = `This server has ${limits.callsMax} calls open, its limit. Try again.`;
        return Promise.resolve(refuseEarly(dialect, "overloaded", full));
      }
      openCalls++;
      return handle(exchangeOf(incoming, dialect, endpoint));
    },
  };
}

/** Stands in where a refusal needs no more of the call than its dialect. */
const REFUSED_CALL: Call = {
  method: "GET",
  path: "/",
  query: "",
  headers: new Headers(),
  readBody: () => Promise.resolve(NO_BODY),
  peer: "",
  signal: new Cancellation(),
};
