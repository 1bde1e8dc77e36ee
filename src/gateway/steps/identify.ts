// The step that lets a call in: guard, credential, then the identity that every later step relies on.
// Reads headers only, so a caller who is refused never gets to send a body.
// Invariant: nothing behind this step runs for a call that was refused.

import type { Answer, Exchange, Step } from "../exchange.ts";
import type { Authenticate } from "../identity/authenticate.ts";
import type { Identity } from "../identity/identity.ts";
import type { Refusal } from "../identity/refusal.ts";
import { refuse } from "../refuse.ts";

export interface IdentifyOptions {
  readonly authenticate: Authenticate;
  /** Looks at a call before its credential does; `loopbackGuard` where no authentication is configured. */
  readonly guard?: (headers: Headers) => Refusal | undefined;
}

/** Sets `identity` of the exchange, or answers with the refusal. */
export function identify({ authenticate, guard }: IdentifyOptions): Step {
  return (next) => {
    const letIn = (exchange: Exchange, found: Identity | Refusal): Promise<Answer> => {
      if ("refused" in found) return Promise.resolve(answer(exchange, found));
      exchange.identity = found;
      return next(exchange);
    };
    return (exchange) => {
      const { headers } = exchange.call;
      const found = guard?.(headers) ?? authenticate(headers);
      return found instanceof Promise ? found.then((identity) => letIn(exchange, identity)) : letIn(exchange, found);
    };
  };
}

function answer(exchange: Exchange, { refused, message, retryAfterSeconds }: Refusal): Answer {
  return refuse(exchange, refused, message, {
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    // RFC 9110, section 15.5.2: a 401 says which scheme it wants.
    ...(refused === "authentication"
      ? { headers: { "www-authenticate": 'Bearer realm="millrace"', "x-should-retry": "false" } }
      : {}),
  });
}
