// Chooses the upstream among those that may serve the call: the first of the configuration's order.

import type { Step } from "../exchange.ts";

export const route: Step = (next) => (exchange) => {
  exchange.upstream = exchange.target.upstreams[0];
  exchange.facts = { ...exchange.facts, json: {} }; // From here on only the bytes count; a parsed body may be megabytes.
  return next(exchange);
};
