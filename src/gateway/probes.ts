// Asks upstreams now and then for the shortest answer there is, on the way that calls take, so that one that is broken is known
// before a caller meets it, and one that nobody calls is not forgotten. What it finds is for the balancer to judge.

import { type Cancel, type Clock, MillraceError, type Random, utf8 } from "../base/index.ts";
import { requestHeaders } from "./forward-headers.ts";
import type { Identity } from "./identity/identity.ts";
import type { Upstream } from "./upstream.ts";

export interface Probe {
  readonly upstream: Upstream;
  readonly model: string;
  readonly everyMs: number;
}

export interface ProbesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly probes: readonly Probe[];
  /** An answer that takes longer counts as none. */
  readonly answerMsMax: number;
  readonly found: (upstream: Upstream, isOk: boolean) => void;
}

const JITTER = 0.2;
const OPERATOR: Identity = { tenant: "default", team: "default", user: "millrace", scopes: [], kind: "local" };
const PUSHED_BACK: ReadonlySet<number> = new Set([429, 529]);

/** Goes on until cancelled; one question at a time to each upstream. */
export function startProbes(options: ProbesOptions): Cancel {
  const ending = options.probes.map((probe) => repeat(probe, options));
  return () => {
    for (const end of ending) end();
  };
}

function repeat(probe: Probe, options: ProbesOptions): Cancel {
  const { clock, random, found } = options;
  let isOver = false;
  let stop: Cancel = () => {};
  const next = () => {
    const ms = probe.everyMs * (1 + JITTER * (2 * random.next() - 1));
    stop = clock.schedule(ms, () => {
      const asked = ask(probe, options);
      stop = asked.stop;
      void asked.isOk.then((isOk) => {
        if (isOver) return;
        if (isOk !== undefined) found(probe.upstream, isOk);
        next();
      });
    });
  };
  next();
  return () => {
    isOver = true;
    stop();
  };
}

/** Undefined when the upstream is well but has enough. */
function ask(
  { upstream, model }: Probe,
  { clock, answerMsMax }: ProbesOptions,
): { isOk: Promise<boolean | undefined>; stop: Cancel } {
  const { dialect, baseUrl, transport } = upstream;
  const content = { model, messages: [{ role: "user", content: "ping" }] };
  const [path, body] =
    dialect === "anthropic"
      ? ["/v1/messages", { ...content, max_tokens: 1 }]
      : ["/chat/completions", { ...content, max_completion_tokens: 1 }];
  const headers = new Headers({ "content-type": "application/json", "anthropic-version": "2023-06-01" });
  const call = transport({
    method: "POST",
    url: baseUrl + path,
    headers: requestHeaders(headers, upstream, OPERATOR),
    body: utf8(JSON.stringify(body)),
  });
  const late = () => call.abort(new MillraceError("upstream_timeout", "A probe was not answered in time."));
  const cancel = clock.schedule(answerMsMax, late);
  const heard = async () => {
    try {
      const { status, pipe } = await call.response;
      await pipe({ write() {} });
      return PUSHED_BACK.has(status) ? undefined : status >= 200 && status < 300;
    } catch {
      return false;
    } finally {
      cancel();
    }
  };
  return { isOk: heard(), stop: late };
}
