// The time that a client allows for its whole answer (`x-millrace-deadline-ms`). Each caller of a shared upstream call
// has its own: passing it ends this caller's wait, not the others'.

import { Cancellation, type Clock, MillraceError } from "../../base/index.ts";
import type { Answer, Exchange, Handle, Step } from "../exchange.ts";
import { refuse } from "../refuse.ts";

const DEADLINE_MS_MAX = 24 * 3_600_000;

export function deadline(clock: Clock): Step {
  return (next) => (exchange) => {
    const header = exchange.call.headers.get("x-millrace-deadline-ms");
    if (header === null) return next(exchange);
    const allowedMs = /^\d{1,8}$/.test(header) ? Number(header) : 0;
    if (allowedMs >= 1 && allowedMs <= DEADLINE_MS_MAX) return within(allowedMs, exchange, next, clock);
    const message = `The header x-millrace-deadline-ms is a number of milliseconds from 1 to ${DEADLINE_MS_MAX}.`;
    return Promise.resolve(refuse(exchange, "invalid_request", message));
  };
}

async function within(allowedMs: number, exchange: Exchange, next: Handle, clock: Clock): Promise<Answer> {
  const { call } = exchange;
  const late = new MillraceError("upstream_timeout", `The answer was not complete within the ${allowedMs} ms that you allowed.`);
  const ending = new Cancellation();
  const deadlineAt = exchange.startedAt + allowedMs;
  const cancel = clock.schedule(deadlineAt - clock.monotonic(), () => ending.abort(late));
  const leave = () => {
    cancel();
    ending.abort(call.signal.reason);
  };
  call.signal.addEventListener("abort", leave, { once: true });
  try {
    const answer = await next({ ...exchange, deadlineAt, call: { ...call, signal: ending } });
    const { body } = answer;
    if (body instanceof Uint8Array) {
      cancel();
      return answer;
    }
    return { ...answer, body: (sink) => body(sink, ending).finally(cancel) };
  } catch (error) {
    cancel();
    if (ending.reason !== late) throw error;
    return refuse(exchange, "upstream_timeout", late.message);
  }
}
