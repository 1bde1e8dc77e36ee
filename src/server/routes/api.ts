// Everything under /api: finds the route, who calls and what is asked, all by the table of the wire, and turns what the handler
// says into an answer. Knows no thread. What a caller sends is checked before anything is done.

import { type Clock, MillraceError } from "../../base/index.ts";
import type { Authenticate, Identity } from "../../gateway/index.ts";
import {
  API_ERRORS,
  type ApiRoute,
  type ApiRouteName,
  apiRoutes,
  type BodyOf,
  openApiDocument,
  type QueryOf,
} from "../../wire/index.ts";
import { type BodyLimits, receiveBody } from "../body.ts";
import type { ApiRate } from "./api-rate.ts";
import type { ApiRefusal } from "./api-refusal.ts";
import { type ApiEvent, eventStream } from "./event-stream.ts";

export interface ApiCall<Query, Body> {
  /** Nobody in particular on open routes. */
  readonly identity: Identity;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

/** Bytes as they are, or a status that says all. */
export interface ApiBytes {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Default: the route's. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** `value`: the answer as the route's schema says; nothing for an empty one. `events` end with the call's signal. */
export type ApiResult = { readonly value?: unknown } | { readonly events: AsyncIterable<ApiEvent> } | ApiBytes | ApiRefusal;

export type ApiHandlers = {
  readonly [Name in ApiRouteName]: (call: ApiCall<QueryOf<Name>, BodyOf<Name>>) => Promise<ApiResult>;
};

/** Those of records that projects share. */
export type RecordRoutes = Extract<ApiRouteName, `workspaceRecords${string}`>;

/** Those of workspaces; the others are threads'. */
export type WorkspaceRoutes = Exclude<Extract<ApiRouteName, "listWorkspaces" | "repomap" | `workspace${string}`>, RecordRoutes>;

export interface ApiOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly limits: BodyLimits;
  readonly rate: ApiRate;
  /** Silence of an event stream after which a comment goes out. */
  readonly keepAliveMs: number;
  /** Aborts when the server is to stop: event streams end then. */
  readonly leaving: AbortSignal;
  readonly authenticate: Authenticate;
  /** Routes without one are not served. */
  readonly handlers: Partial<ApiHandlers>;
  /** An error that no code expected. */
  readonly report: (error: unknown) => void;
}

interface Matched {
  readonly name: ApiRouteName;
  readonly route: ApiRoute;
  readonly params: Record<string, string>;
}

interface Pattern {
  readonly name: ApiRouteName;
  readonly route: ApiRoute;
  readonly segments: readonly string[];
}

const PREFIX = "/api/";
const DOCUMENT = "/api/openapi.json";
const NOBODY: Identity = { tenant: "", team: "", user: "", scopes: [], kind: "local" };
const RETRY_SECONDS = 2;
const ISSUES_SHOWN = 5;

/** @returns undefined for paths that are not under /api. */
export function apiHandler(
  options: ApiOptions,
): (method: string, path: string, request: Request) => Promise<Response> | undefined {
  const patterns = Object.groupBy(
    Object.entries(apiRoutes)
      .filter(([name]) => Object.hasOwn(options.handlers, name))
      .map(([name, route]): Pattern => ({ name: name as ApiRouteName, route, segments: route.path.split("/") })),
    ({ segments }) => segments.length,
  );
  const document = openApiDocument(options.version);
  return (method, path, request) => {
    if (!path.startsWith(PREFIX)) return undefined;
    if (path === DOCUMENT && method === "GET") return Promise.resolve(Response.json(document));
    const segments = path.split("/");
    const found = match(patterns[segments.length] ?? [], method, path, segments);
    if ("refused" in found) return Promise.resolve(answerTo(found));
    if ("allow" in found) return Promise.resolve(notAllowed(found.allow));
    return serve(options, found, request).catch((error: unknown) => broken(options, error));
  };
}

async function serve(options: ApiOptions, { name, route, params }: Matched, request: Request): Promise<Response> {
  const identity = route.isOpen ? NOBODY : await options.authenticate(request.headers);
  if ("refused" in identity) {
    const refused =
      identity.refused === "overloaded" ? "unavailable" : identity.refused === "permission" ? "permission" : "authentication";
    return answerTo({ ...identity, refused });
  }
  const tooMany = options.rate.request(identity);
  if (tooMany) return answerTo(tooMany);
  const query = parsed(route.query, () => queryOf(request.url), "query");
  if ("refused" in query) return answerTo(query);
  const body = await bodyOf(options, route, request);
  if ("refused" in body) return answerTo(body);
  const { headers } = request;
  // The runtime's signal is dear: made where it is asked for.
  const call = {
    identity,
    params,
    query: query.value,
    body: body.value,
    headers,
    get signal() {
      return request.signal;
    },
  };
  // The table and the handlers are keyed by the same names; which one it is, is known only now.
  const handler = options.handlers[name] as (call: unknown) => Promise<ApiResult>;
  if (route.events) return followed(handler, call, options);
  const result = await handler(call);
  if ("refused" in result) return answerTo(result);
  if ("bytes" in result) {
    return new Response(result.bytes ?? null, { status: result.status ?? route.status, headers: result.headers });
  }
  if (!("value" in result) || result.value === undefined) return new Response(null, { status: route.status });
  return Response.json(result.value, { status: route.status });
}

/** Its events end when the caller leaves, the server is to stop, or the handler has no more. */
async function followed(
  handler: (call: unknown) => Promise<ApiResult>,
  call: ApiCall<unknown, unknown>,
  options: ApiOptions,
): Promise<Response> {
  const stream = options.rate.stream(call.identity);
  if ("refused" in stream) return answerTo(stream);
  const ends = new AbortController();
  const signal = AbortSignal.any([call.signal, options.leaving, ends.signal]);
  try {
    const result = await handler({ ...call, signal });
    if ("events" in result) {
      signal.addEventListener("abort", stream.end, { once: true });
      return eventStream(result.events, ends, options);
    }
    stream.end();
    return "refused" in result ? answerTo(result) : new Response(null, { status: 204 });
  } catch (error) {
    stream.end();
    throw error;
  }
}

/** @param patterns those of as many segments as the path has */
function match(
  patterns: readonly Pattern[],
  method: string,
  path: string,
  segments: readonly string[],
): Matched | ApiRefusal | { allow: string[] } {
  const fitting = patterns.filter((pattern) => fits(pattern, segments));
  // What is written out goes before what stands for anything.
  const written = fitting.filter(({ route }) => route.path === path);
  const asked = written.length > 0 ? written : fitting;
  const found = asked.find(({ route }) => route.method === method);
  const params = found && paramsOf(found, segments);
  if (params) return { name: found.name, route: found.route, params };
  if (!found && asked.some((pattern) => paramsOf(pattern, segments))) return { allow: asked.map(({ route }) => route.method) };
  return { refused: "not_found", message: `There is nothing at ${path.slice(0, 200)}. ${DOCUMENT} lists what there is.` };
}

const isParam = (segment: string): boolean => segment.startsWith("{");

/** But for what its parameters are. */
function fits({ segments: pattern }: Pattern, segments: readonly string[]): boolean {
  return pattern.every((expected, at) => expected === segments[at] || isParam(expected));
}

/** Undefined: one is empty, or cannot be decoded. */
function paramsOf({ segments: pattern }: Pattern, segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (let at = 0; at < pattern.length; at++) {
    const expected = pattern[at] ?? "";
    if (!isParam(expected)) continue;
    const value = decoded(segments[at] ?? "");
    if (value === undefined || value === "") return undefined;
    params[expected.slice(1, -1)] = value;
  }
  return params;
}

/** Of a name that comes more than once, the last. */
function queryOf(url: string): Record<string, string> {
  const mark = url.indexOf("?");
  return mark < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1)));
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function parsed(schema: ApiRoute["query"], read: () => unknown, what: string): { value: unknown } | ApiRefusal {
  if (!schema) return { value: undefined };
  const result = schema.safeParse(read());
  if (result.success) return { value: result.data };
  const issues = result.error.issues.slice(0, ISSUES_SHOWN);
  const said = issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ");
  return { refused: "invalid_request", message: `The ${what} is not right: ${said}.` };
}

async function bodyOf(
  options: ApiOptions,
  { body: schema, bodyBytes }: ApiRoute,
  request: Request,
): Promise<{ value: unknown } | ApiRefusal> {
  if (bodyBytes !== undefined) return received(options, request);
  if (!schema) return { value: undefined };
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    return { refused: "unsupported_media", message: "Send JSON, with `content-type: application/json`." };
  }
  const bytes = await received(options, request);
  if ("refused" in bytes) return bytes;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return { refused: "invalid_request", message: "The body is not JSON in UTF-8." };
  }
  return parsed(schema, () => json, "body");
}

async function received({ limits, clock }: ApiOptions, request: Request): Promise<{ value: Uint8Array } | ApiRefusal> {
  try {
    return { value: await receiveBody(request, limits, clock) };
  } catch (error) {
    if (!MillraceError.is(error, "body_too_large")) throw error;
    return { refused: "too_large", message: `The body is over ${limits.bodyBytesMax} bytes. Send less at once.` };
  }
}

function answerTo({ refused, message, version, retryAfterSeconds }: ApiRefusal): Response {
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterSeconds)) };
  const error = { code: refused, message, ...(version === undefined ? {} : { version }) };
  return Response.json({ error }, { status: API_ERRORS[refused], headers });
}

function notAllowed(allow: readonly string[]): Response {
  const error = { code: "method_not_allowed", message: `Use ${allow.join(" or ")} here.` };
  return Response.json({ error }, { status: API_ERRORS.method_not_allowed, headers: { allow: allow.join(", ") } });
}

function broken({ report }: ApiOptions, error: unknown): Response {
  if (MillraceError.is(error, "caller_left") || MillraceError.is(error, "body_timeout")) {
    return answerTo({ refused: "invalid_request", message: "The body did not arrive." });
  }
  if (MillraceError.is(error, "store_unavailable")) {
    return answerTo({
      refused: "unavailable",
      message: "Threads cannot be reached at the moment. Try again.",
      retryAfterSeconds: RETRY_SECONDS,
    });
  }
  report(error);
  return answerTo({ refused: "internal", message: "Something went wrong here. The server's log has more." });
}
