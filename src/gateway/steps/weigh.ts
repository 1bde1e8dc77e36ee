// What a call is expected to take and how urgent it is, before anything is spent on it. Tokens are estimated from bytes
// and from what calls of the same client and model took before: nothing here counts tokens.

import type { TokenEstimator } from "../../mechanisms/limit/index.ts";
import type { Endpoint } from "../dialects/dialect.ts";
import type { Exchange, Step } from "../exchange.ts";
import { refuse } from "../refuse.ts";
import { priorityOf } from "../request-class.ts";

/** Lists of models and counts of tokens take no model's time. */
const ASKS_A_MODEL: Readonly<Record<Endpoint, boolean>> = {
  messages: true,
  chat_completions: true,
  responses: true,
  embeddings: true,
  count_tokens: false,
  models: false,
};
const PRODUCT_UNITS_MAX = 40;

export function weigh(estimator: TokenEstimator): Step {
  return (next) => (exchange) => {
    const { endpoint, dialect, facts, body } = exchange;
    if (!ASKS_A_MODEL[endpoint]) return next(exchange);
    const priority = priorityOf(exchange);
    if (!priority) {
      const message = "The header x-millrace-priority is `critical`, `high`, `normal` or `low`.";
      return Promise.resolve(refuse(exchange, "invalid_request", message));
    }
    const kind = kindOf(exchange);
    const { input, output } = estimator.estimate(kind, body.byteLength, dialect.outputMax(endpoint, facts));
    exchange.report.priority = priority;
    exchange.demand = { priority, input, output, kind };
    return next(exchange);
  };
}

/** The client by the first word of its user agent, without version. */
function kindOf({ call, endpoint, target }: Exchange): string {
  const agent = call.headers.get("user-agent") ?? "";
  const slash = agent.indexOf("/");
  return `${agent.slice(0, slash < 0 ? PRODUCT_UNITS_MAX : Math.min(slash, PRODUCT_UNITS_MAX))} ${endpoint} ${target.upstreamModel}`;
}
