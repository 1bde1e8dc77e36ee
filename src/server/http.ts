// The HTTP face: which path means what, and the way of one request to the gateway and back. No policy lives here.

import { Cancellation, type Clock } from "../base/index.ts";
import { type Call, type DialectName, type Endpoint, type Gateway, isLoopbackHost, type Refusal } from "../gateway/index.ts";
import { type BodyLimits, receiveBody } from "./body.ts";
import { toResponse } from "./send.ts";
import { Turns } from "./turns.ts";

export interface HttpOptions {
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly limits: BodyLimits;
  /** Pages and reports: everything that is no model call. Undefined: not found. */
  readonly page: (method: string, path: string, request: Request) => Response | Promise<Response> | undefined;
  /** Refuses requests that a hostile page may have made; set where no authentication is configured. */
  readonly guard: ((headers: Headers) => Refusal | undefined) | undefined;
  readonly draining: () => boolean;
}

interface Route {
  readonly dialect: DialectName;
  readonly endpoint: Endpoint;
  readonly method: "GET" | "POST";
}

const post = (dialect: DialectName, endpoint: Endpoint): Route => ({ dialect, endpoint, method: "POST" });

const routes: ReadonlyMap<string, Route> = new Map([
  ["/v1/messages", post("anthropic", "messages")],
  ["/v1/messages/count_tokens", post("anthropic", "count_tokens")],
  ["/v1/chat/completions", post("openai", "chat_completions")],
  ["/v1/responses", post("openai", "responses")],
  ["/v1/embeddings", post("openai", "embeddings")],
]);

/** A call takes about 0.1 ms to begin, so a stream's frame waits about 3 ms for others to. */
const CALLS_PER_TURN = 32;

const DRAINING = "This server is stopping. Try again: another one, or its successor, will answer.";

export function httpHandler(
  options: HttpOptions,
): (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response> {
  const { gateway, clock, limits, page, draining } = options;
  const turns = new Turns({ perTurn: CALLS_PER_TURN, nextTurn: setImmediate });
  return (request, server) => {
    const { path, query } = partsOf(request.url);
    const route = routeOf(path, request.headers);
    if (!route) return barred(options, path, request) ?? page(request.method, path, request) ?? notFound(path);
    const { dialect, endpoint } = route;
    const early = (...words: RefuseWords) => toResponse(gateway.refuse(dialect, ...words), NEVER);
    if (draining()) return early("overloaded", DRAINING);
    if (endpoint === "responses" && request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      return early("upgrade_required", "WebSockets are not served here: send the request as POST.", {
        headers: { upgrade: "HTTP/1.1" },
      });
    }
    if (request.method !== route.method) {
      return early("method_not_allowed", `Use ${route.method} for ${path}.`, { headers: { allow: route.method } });
    }
    // The runtime's idle limit guards connections without a call; a call has limits of its own.
    server.timeout(request, 0);
    const signal = leaving(request);
    const call: Call = {
      method: request.method,
      path,
      query,
      headers: request.headers,
      readBody: () => receiveBody(request, limits, clock),
      peer: "",
      signal,
    };
    const serve = () => gateway.handle(call, dialect, endpoint).then((answer) => toResponse(answer, signal));
    const turn = turns.take();
    return turn ? turn.then(serve) : serve();
  };
}

/** A whole answer waits for nobody. */
const NEVER = new Cancellation();

/** One listener on the runtime's signal, which is dear, for all who want to know that the client left. */
function leaving({ signal }: Request): Cancellation {
  const cancellation = new Cancellation();
  if (signal.aborted) cancellation.abort(signal.reason);
  else signal.addEventListener("abort", () => cancellation.abort(signal.reason), { once: true });
  return cancellation;
}

type RefuseWords = Parameters<Gateway["refuse"]> extends [unknown, ...infer Rest] ? Rest : never;

function routeOf(path: string, headers: Headers): Route | undefined {
  const known = routes.get(path);
  if (known || !(path === "/v1/models" || path.startsWith("/v1/models/"))) return known;
  const anthropic = headers.has("anthropic-version") || headers.has("x-api-key");
  return { dialect: anthropic ? "anthropic" : "openai", endpoint: "models", method: "GET" };
}

/** Path and query, without parsing what is not needed. The runtime gives no absolute URL where `Host` is no host. */
function partsOf(url: string): { path: string; query: string } {
  const start = url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", url.indexOf("//") + 2));
  const mark = url.indexOf("?", start);
  return mark < 0 ? { path: url.slice(start), query: "" } : { path: url.slice(start, mark), query: url.slice(mark) };
}

/** A page may be opened from a link anywhere, but only under a name that is ours: a foreign name is DNS rebinding. */
function barred({ guard }: HttpOptions, path: string, { headers }: Request): Response | undefined {
  if (!guard) return undefined;
  const isProxied = headers.has("x-forwarded-for");
  if (path === "/" && !isProxied && isLoopbackHost(headers.get("host") ?? "")) return undefined;
  const refusal = guard(headers);
  return refusal && Response.json({ error: { code: refusal.refused, message: refusal.message } }, { status: 403 });
}

const notFound = (path: string): Response =>
  Response.json(
    {
      error: {
        code: "not_found",
        message: `There is nothing at ${path.slice(0, 200)}. The page at / says what this server serves.`,
      },
    },
    { status: 404 },
  );
