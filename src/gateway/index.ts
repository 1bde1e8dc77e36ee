// The door of the gateway: a prompt's way to a model and back.

export type { DialectName, Endpoint, RefusalKind, Usage } from "./dialects/dialect.ts";
export { errorEvent } from "./dialects/error-event.ts";
export type { Answer, CacheOutcome, Call, Outcome } from "./exchange.ts";
export type { FlightHead } from "./fly.ts";
export { createGateway, type Gateway, type GatewayLimits, type GatewayOptions } from "./gateway.ts";
export type { HeaderFields } from "./header-fields.ts";
export { type Authenticate, type AuthenticateOptions, authenticate } from "./identity/authenticate.ts";
export type { Identity } from "./identity/identity.ts";
export { type JwtVerifier, type JwtVerifierOptions, jwtVerifier } from "./identity/jwt.ts";
export { isLoopbackHost, loopbackGuard } from "./identity/loopback.ts";
export type { Refusal } from "./identity/refusal.ts";
export { sessionNamedBy } from "./identity/session.ts";
export type { TokenRecord } from "./identity/token-record.ts";
export { type NewToken, TokenStore, type TokenStoreOptions } from "./identity/tokens.ts";
export { PACE_DEFAULT, type Pace, type ScriptedModelOptions, scriptedModel } from "./scripted/index.ts";
export type { Sink, StreamBody } from "./sink.ts";
export type { RecallOptions } from "./steps/recall.ts";
export type { CallRecord } from "./steps/record.ts";
export { decodeAnswer, encodeAnswer, type StoredAnswer, tokensOf, weighAnswer } from "./stored-answer.ts";
export { ConnectionPool, type Poolable } from "./transport/connection-pool.ts";
export { type Attempt, Connector, type SocketUser } from "./transport/connector.ts";
export { fetchTransport } from "./transport/fetch-transport.ts";
export { type HttpTransport, httpTransport } from "./transport/http-transport.ts";
export { type ResponseEvents, ResponseParser } from "./transport/response-parser.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport/transport.ts";
export type { Upstream, UpstreamCredential } from "./upstream.ts";
