import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Endpoint, RequestFacts } from "../dialects/dialect.ts";
import type { Identity } from "./identity.ts";
import { parentSessionOf, sessionOf } from "./session.ts";

const ann: Identity = { tenant: "acme", team: "core", user: "ann", scopes: [], kind: "token" };
const none: RequestFacts = {
  model: "m",
  stream: true,
  deterministic: false,
  uncacheable: undefined,
  bodySession: undefined,
  json: {},
};

interface Asking {
  readonly headers?: Record<string, string>;
  readonly bodySession?: string;
  readonly identity?: Identity;
  readonly endpoint?: Endpoint;
  readonly beginning?: string;
}

/** Asks for the session, and tells whether the beginning of the conversation was read for it. */
function ask({ headers = {}, bodySession, identity = ann, endpoint = "messages", beginning = "once" }: Asking) {
  let read = 0;
  const dialect = {
    fingerprint: () => {
      read++;
      return beginning;
    },
  };
  const facts = { ...none, bodySession };
  return { session: sessionOf({ headers: new Headers(headers), facts, dialect, endpoint, identity }), read };
}
const of = (asking: Asking): string | undefined => ask(asking).session;

describe("order", () => {
  const carriers = [
    "x-millrace-session",
    "x-claude-code-session-id",
    "thread-id",
    "session-id",
    "session_id",
    "conversation_id",
    "x-session-affinity",
    "x-session-id",
  ];

  test("each carrier wins over all that come after it, and none of them reads the body", () => {
    for (const [index, carrier] of carriers.entries()) {
      const headers = Object.fromEntries(carriers.slice(index).map((name) => [name, name === carrier ? "wins" : "loses"]));
      expect(ask({ headers, bodySession: "loses" })).toEqual({ session: of({ headers: { [carrier]: "wins" } }), read: 0 });
      expect(of({ headers, bodySession: "loses" })).not.toBe(of({ bodySession: "loses" }));
    }
    expect(ask({ bodySession: "wins" }).read).toBe(0);
    expect(ask({}).read).toBe(1);
  });

  test("one id is one session wherever it stands: the header now, the body in an older client", () => {
    for (const carrier of carriers) expect(of({ headers: { [carrier]: "abc" } })).toBe(of({ bodySession: "abc" }));
  });

  test("an empty header counts as none", () => {
    expect(of({ headers: { "x-millrace-session": "", "thread-id": " " }, bodySession: "abc" })).toBe(of({ bodySession: "abc" }));
  });

  test("a sub-agent of Claude Code has its own session", () => {
    const main = { "x-claude-code-session-id": "s" };
    const sessions = [main, { ...main, "x-claude-code-agent-id": "a1" }, { ...main, "x-claude-code-agent-id": "a2" }].map(
      (headers) => of({ headers }),
    );
    expect(new Set(sessions).size).toBe(3);
    expect(of({ headers: { "x-claude-code-agent-id": "a1" } })).toBe(of({}));
  });
});

describe("fingerprint", () => {
  test("the same beginning is the same session, for the same user only", () => {
    expect(of({})).toBe(of({ beginning: "once" }));
    expect(of({})).not.toBe(of({ beginning: "other" }));
    for (const part of ["tenant", "team", "user"]) expect(of({})).not.toBe(of({ identity: { ...ann, [part]: "bob" } }));
  });

  test("it is never the same as an id of the same text", () => {
    expect(of({ beginning: "abc" })).not.toBe(of({ bodySession: "abc" }));
  });

  test("model lists, embeddings and empty beginnings have no session unless they name one", () => {
    for (const endpoint of ["models", "embeddings"] as const) {
      expect(ask({ endpoint })).toEqual({ session: undefined, read: 0 });
      expect(of({ endpoint, bodySession: "abc" })).toBe(of({ bodySession: "abc" }));
    }
    expect(of({ beginning: "" })).toBeUndefined();
  });
});

describe("tenants", () => {
  const anything = fc.string({ unit: "binary", minLength: 1, maxLength: 300 });

  test("two tenants never share a session, two ids of one tenant are two; any text will do", () => {
    fc.assert(
      fc.property(anything, anything, anything, anything, (tenant, other, id, second) => {
        fc.pre(tenant !== other && id !== second);
        const session = of({ bodySession: id, identity: { ...ann, tenant } });
        expect(session).toMatch(/^s_[0-9a-f]{48}$/);
        expect(of({ bodySession: id, identity: { ...ann, tenant: other } })).not.toBe(session);
        expect(of({ bodySession: second, identity: { ...ann, tenant } })).not.toBe(session);
        expect(of({ bodySession: other + id, identity: { ...ann, tenant } })).not.toBe(
          of({ bodySession: id, identity: { ...ann, tenant: tenant + other } }),
        );
      }),
    );
  });

  test("a session that was given out names itself, but only for its tenant and unchanged", () => {
    const session = of({ bodySession: "abc" }) as string;
    expect(of({ headers: { "x-millrace-session": session } })).toBe(session);
    expect(of({ headers: { "x-millrace-session": session }, identity: { ...ann, user: "bob" } })).toBe(session);
    expect(of({ headers: { "x-millrace-session": session }, identity: { ...ann, tenant: "evil" } })).not.toBe(session);
    for (const changed of [
      session.slice(0, -1),
      `${session}0`,
      session.toUpperCase(),
      session.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    ]) {
      const answer = of({ headers: { "x-millrace-session": changed } });
      expect(answer).not.toBe(changed);
      expect(answer).not.toBe(session);
    }
    expect(of({ headers: { "session-id": session } })).not.toBe(session);
  });

  test("an overlong id is a session like any other, told apart to its last character", () => {
    const long = "x".repeat(16_000);
    expect(of({ headers: { "session-id": `${long}a` } })).toMatch(/^s_[0-9a-f]{48}$/);
    expect(of({ headers: { "session-id": `${long}a` } })).not.toBe(of({ headers: { "session-id": `${long}b` } }));
  });
});

describe("parent", () => {
  const parent = (headers: Record<string, string>, identity = ann): string | undefined =>
    parentSessionOf({ headers: new Headers(headers), identity });

  test("of a sub-agent of Claude Code: the main conversation, or the agent that started it", () => {
    const session = { "x-claude-code-session-id": "s" };
    const nested = { ...session, "x-claude-code-agent-id": "a2", "x-claude-code-parent-agent-id": "a1" };
    expect(parent({ ...session, "x-claude-code-agent-id": "a1" })).toBe(of({ headers: session }));
    expect(parent(nested)).toBe(of({ headers: { ...session, "x-claude-code-agent-id": "a1" } }));
    expect(parent(session)).toBeUndefined();
  });

  test.each(["x-parent-session-id", "x-codex-parent-thread-id"])("%s names a session of the same tenant", (name) => {
    expect(parent({ [name]: "abc" })).toBe(of({ headers: { "thread-id": "abc" } }));
    expect(parent({ [name]: "abc" }, { ...ann, tenant: "other" })).not.toBe(of({ headers: { "thread-id": "abc" } }));
  });

  test("of an ordinary call there is none", () => {
    expect(parent({ "thread-id": "abc" })).toBeUndefined();
  });
});
