// Which conversation a call belongs to. Clients name it in headers of their own, some in the body; for the rest the
// beginning of the conversation stands in. The result is opaque and bound to the tenant: the same id sent by two
// tenants is two sessions. Values are hashed, never checked: an odd or overlong one is as good as any other.

import type { Dialect, Endpoint, RequestFacts } from "../dialects/dialect.ts";
import { sha256Fields } from "./digest.ts";
import type { Identity } from "./identity.ts";

/** Where clients put their session id, first found counts; Codex, older Codex, then opencode. */
const SESSION_HEADERS = ["thread-id", "session-id", "session_id", "conversation_id", "x-session-affinity", "x-session-id"];
const PARENT_HEADERS = ["x-parent-session-id", "x-codex-parent-thread-id"];
const OWN = /^s_([0-9a-f]{32})([0-9a-f]{16})$/;

export interface SessionSource {
  readonly headers: Headers;
  readonly identity: Identity;
}

export interface SessionCall extends SessionSource {
  readonly facts: RequestFacts;
  readonly dialect: Pick<Dialect, "fingerprint">;
  readonly endpoint: Endpoint;
}

/**
 * The session of a call, as `s_` and 48 hexadecimal digits; undefined where a call belongs to none (model lists and
 * embeddings without an id). Sent back in `x-millrace-session` by the same tenant, it names the same session.
 */
export function sessionOf(call: SessionCall): string | undefined {
  const { headers, facts, identity } = call;
  const own = headers.get("x-millrace-session");
  if (own) return isOwn(identity.tenant, own) ? own : opaque(identity.tenant, "named", own);
  const claude = headers.get("x-claude-code-session-id");
  if (claude) return claudeSession(identity, claude, headers.get("x-claude-code-agent-id"));
  const named = firstOf(headers, SESSION_HEADERS) || facts.bodySession;
  return named ? opaque(identity.tenant, "named", named) : fingerprinted(call);
}

/**
 * The session id in the headers as the client wrote it, for spreading calls before anybody knows whose they are. A
 * sub-agent has its parent's.
 */
export function sessionNamedBy(headers: Pick<Headers, "get">): string | undefined {
  return headers.get("x-millrace-session") || headers.get("x-claude-code-session-id") || firstOf(headers, SESSION_HEADERS);
}

/**
 * The session that this one was started from, where the client says so (sub-agents). Only a hint: a sub-agent has
 * other tools and another system text, so its prompt shares nothing with its parent's.
 */
export function parentSessionOf({ headers, identity }: SessionSource): string | undefined {
  const claude = headers.get("x-claude-code-session-id");
  const parentAgent = headers.get("x-claude-code-parent-agent-id");
  if (claude && (parentAgent || headers.get("x-claude-code-agent-id"))) return claudeSession(identity, claude, parentAgent);
  const named = firstOf(headers, PARENT_HEADERS);
  return named ? opaque(identity.tenant, "named", named) : undefined;
}

/** The session of a call when its client names one; not what the beginning of a conversation stands in for. */
export function namedSessionOf({
  headers,
  facts,
  session,
}: {
  headers: Headers;
  facts: RequestFacts;
  session: string | undefined;
}) {
  if (headers.has("x-millrace-session") || namesSession(headers)) return session;
  // The answer that is continued is another one with every turn.
  const { bodySession, json } = facts;
  return bodySession !== undefined && bodySession !== json.previous_response_id ? session : undefined;
}

/** Whether an assistant names the session itself, so that it is one conversation and no guess. */
export const namesSession = (headers: Headers): boolean =>
  headers.has("x-claude-code-session-id") || SESSION_HEADERS.some((name) => headers.has(name));

/** Whether another session started this one. */
export const isSubAgent = (headers: Headers): boolean =>
  headers.has("x-claude-code-agent-id") || PARENT_HEADERS.some((name) => headers.has(name));

/** A sub-agent of Claude Code sends its parent's session id; its own conversation is the two ids together. */
function claudeSession(identity: Identity, session: string, agent: string | null): string {
  return agent ? opaque(identity.tenant, "agent", session, agent) : opaque(identity.tenant, "named", session);
}

/** The last resort: it reads the body again. Two users who begin alike still have two conversations. */
function fingerprinted({ dialect, endpoint, facts, identity }: SessionCall): string | undefined {
  if (endpoint === "models" || endpoint === "embeddings") return undefined;
  const text = dialect.fingerprint(endpoint, facts);
  return text === "" ? undefined : opaque(identity.tenant, "fingerprint", identity.team, identity.user, text);
}

function firstOf(headers: Pick<Headers, "get">, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers.get(name);
    if (value) return value;
  }
  return undefined;
}

/** The second part binds the id to its tenant, so that another tenant cannot name this session by its id. */
function opaque(tenant: string, ...fields: readonly string[]): string {
  const body = sha256Fields("session", tenant, ...fields).slice(0, 32);
  return `s_${body}${binding(tenant, body)}`;
}

const binding = (tenant: string, body: string): string => sha256Fields("session of", tenant, body).slice(0, 16);

function isOwn(tenant: string, id: string): boolean {
  const [, body, bound] = OWN.exec(id) ?? [];
  return body !== undefined && bound === binding(tenant, body);
}
