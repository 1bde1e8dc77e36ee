// Everything that is no model call: liveness, readiness, metrics and the page at `/`.

import type { Gateway } from "../../gateway/index.ts";
import type { Askers } from "../askers.ts";
import type { Config } from "../config.ts";
import type { Load } from "../load.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "../metrics-text.ts";
import type { Observation } from "../observe.ts";
import { homePage } from "./home-page.ts";

export interface PagesOptions {
  readonly config: Config;
  readonly version: string;
  readonly observation: Observation;
  readonly gateway: Gateway;
  /** It takes no more calls, or will not soon. */
  readonly leaving: () => boolean;
  readonly load: () => Load;
  readonly askers: Askers;
}

export function pages(options: PagesOptions): (method: string, path: string, request: Request) => Response | undefined {
  const answers: Readonly<Record<string, (request: Request) => Response | undefined>> = {
    "/": (request) => homePage(options, request),
    "/healthz": () => Response.json({ status: "ok", version: options.version }),
    "/readyz": (request) => readiness(options, request),
    "/metrics": () => metrics(options),
  };
  return (method, path, request) => {
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (!answer) return undefined;
    if (method === "GET") return answer(request);
    if (method !== "HEAD") return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    const whole = answer(request);
    return whole && new Response(null, { status: whole.status, headers: whole.headers });
  };
}

/** Not ready as soon as it is to stop, so that balancers send new calls elsewhere; open streams go on. */
function readiness({ leaving, gateway, load, askers }: PagesOptions, { headers }: Request): Response {
  const ready = !leaving();
  askers.asked(headers.get("user-agent") ?? "");
  return Response.json({ ready, openCalls: gateway.openCalls, load: load() }, { status: ready ? 200 : 503 });
}

function metrics({ config, observation }: PagesOptions): Response | undefined {
  if (!config.metrics.enabled) return undefined;
  return new Response(metricsText(observation.monitor.snapshot()), { headers: { "content-type": METRICS_CONTENT_TYPE } });
}
