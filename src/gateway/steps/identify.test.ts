import { describe, expect, test } from "bun:test";
import { text, utf8 } from "../../base/index.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Answer, Call, Exchange, Report } from "../exchange.ts";
import { HeaderFields } from "../header-fields.ts";
import { authenticate } from "../identity/authenticate.ts";
import { loopbackGuard } from "../identity/loopback.ts";
import { tokenRig } from "../identity/testing.ts";
import { identify } from "./identify.ts";

/** Only what this step and its refusals may touch: anything else would fail the test. */
function exchangeWith(headers: Record<string, string>): Exchange {
  const call: Pick<Call, "headers"> = { headers: new Headers({ host: "localhost", ...headers }) };
  const dialect: Pick<Dialect, "errorBody"> = {
    errorBody: (kind, message, requestId) => utf8(JSON.stringify({ kind, message, requestId })),
  };
  const report: Pick<Report, "outcome" | "reason"> = { outcome: "ok", reason: undefined };
  return { id: "request-1", call, dialect, report } as Exchange;
}

async function rig() {
  const { tokens, store } = tokenRig();
  const { token } = await tokens.create({ user: "ann", team: "core" });
  const passed: Exchange[] = [];
  const done: Answer = { status: 200, headers: new HeaderFields(), body: new Uint8Array() };
  const handle = identify({ authenticate: authenticate({ required: true, tokens }), guard: loopbackGuard })(async (exchange) => {
    passed.push(exchange);
    return done;
  });
  return { store, token, passed, done, handle };
}

const bodyOf = (answer: Answer): string => (answer.body instanceof Uint8Array ? text(answer.body) : "a stream");

describe("identify", () => {
  test("lets a caller in with an identity, and passes the answer on", async () => {
    const { handle, token, passed, done } = await rig();
    const exchange = exchangeWith({ authorization: `Bearer ${token}` });
    expect(await handle(exchange)).toBe(done);
    expect(passed).toEqual([exchange]);
    expect(exchange.identity).toEqual({ tenant: "default", team: "core", user: "ann", scopes: [], kind: "token" });
  });

  test("answers 401 in the dialect, names the scheme, and repeats no credential", async () => {
    const { handle, passed } = await rig();
    const answer = await handle(exchangeWith({ "x-api-key": "sk-secret-key" }));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="millrace"');
    expect(JSON.parse(bodyOf(answer))).toMatchObject({ kind: "authentication", requestId: "request-1" });
    expect(bodyOf(answer)).toContain("millrace token create");
    expect(bodyOf(answer)).not.toContain("sk-secret");
    expect(passed).toEqual([]);
  });

  test("answers 503 with retry-after when the tokens cannot be read", async () => {
    const { handle, token, store, passed } = await rig();
    store.failing = true;
    const answer = await handle(exchangeWith({ authorization: `Bearer ${token}` }));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(passed).toEqual([]);
  });

  test("the guard comes first: a hostile page with a good token is refused before the store is asked", async () => {
    const { handle, token, store, passed } = await rig();
    const answer = await handle(exchangeWith({ authorization: `Bearer ${token}`, host: "evil.example" }));
    expect(answer.status).toBe(403);
    expect(store.reads).toBe(0);
    expect(passed).toEqual([]);
  });

  test("a step behind that throws is not mistaken for a refusal", async () => {
    const { tokens } = tokenRig();
    const handle = identify({ authenticate: authenticate({ required: false, tokens }) })(async () => {
      throw new Error("behind");
    });
    await expect(handle(exchangeWith({}))).rejects.toThrow("behind");
  });
});
