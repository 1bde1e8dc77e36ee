// Who shares answers with whom: every pair of user, team, tenant, token, model and header. A question is answered from
// cache exactly when the same question was asked within the same scope before; never across it, whatever a client sends.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SignJWT } from "jose";
import { seededRandom, utf8 } from "../../src/base/index.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

const SECRET = "a secret of the issuer, 32 bytes at the least";
const SCOPES = ["user", "team", "tenant"] as const;
// Put one after the other, different names give the same text: only a key that keeps them apart tells them apart.
const NAMES = ["a", "ab", "b", "bc"];

interface Caller {
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly headers: Record<string, string>;
}
interface Question {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;
}

const product = <A, B>(left: readonly A[], right: readonly B[]): [A, B][] =>
  left.flatMap((a) => right.map((b): [A, B] => [a, b]));

/** Differ in one thing each: model, dialect, behaviour header, text. */
function questions(): Question[] {
  const messages = [{ role: "user", content: "who may know this?" }];
  const anthropic = product(["claude-x", "claude-y"], ["", "beta-1", "beta-2"]).map(
    ([model, beta]): Question => ({
      path: "/v1/messages",
      body: { model, max_tokens: 5, temperature: 0, messages },
      headers: { "anthropic-version": "2023-06-01", ...(beta === "" ? {} : { "anthropic-beta": beta }) },
    }),
  );
  const openai = product(["claude-x", "gpt-x"], ["", "org-1"]).map(
    ([model, organization]): Question => ({
      path: "/v1/chat/completions",
      body: { model, temperature: 0, messages },
      headers: organization === "" ? {} : { "openai-organization": organization },
    }),
  );
  return [...anthropic, ...openai];
}

async function callersOf(millrace: Millrace): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (const [tenant, [team, user]] of product(NAMES, product(NAMES, NAMES))) {
    const { token } = await millrace.token({ tenant, team, user });
    callers.push({ tenant, team, user, headers: { "x-api-key": token } });
  }
  // A second credential of somebody who has one already is the same caller.
  for (const { tenant, team, user } of callers.slice(0, 8)) {
    const { token } = await millrace.token({ tenant, team, user });
    callers.push({ tenant, team, user, headers: { authorization: `Bearer ${token}` } });
    const signed = new SignJWT({ tenant, team }).setProtectedHeader({ alg: "HS256" }).setSubject(user);
    const jwt = await signed.setIssuer("issuer").setAudience("millrace").setExpirationTime("1h").sign(utf8(SECRET));
    callers.push({ tenant, team, user, headers: { authorization: `Bearer ${jwt}` } });
  }
  return callers;
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const rest = [...values];
  return values.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}

/** What a client may try in order to be taken for somebody else. */
const TRIES: readonly Record<string, string>[] = [
  {},
  { "x-millrace-scope": "tenant" },
  { "x-millrace-tenant": "a", "x-tenant-id": "a" },
  { "x-millrace-session": "shared", "x-claude-code-session-id": "shared" },
  { "cache-control": "public", "x-forwarded-user": "a" },
];

describe.each(SCOPES)("scope %s", (scope) => {
  let upstream: ScriptedServer;
  let millrace: Millrace;
  let callers: Caller[];
  beforeAll(async () => {
    upstream = scriptedServer();
    millrace = await startMillrace({
      config: {
        upstreams: upstreamsAt(upstream.url),
        auth: { required: true, jwt: { issuer: "issuer", audience: "millrace", secret: "env:SECRET" } },
        cache: { scope, entriesMax: 100_000 },
      },
      env: { SECRET },
    });
    callers = await callersOf(millrace);
  });
  afterAll(async () => {
    await millrace.stop();
    await upstream.close();
  });

  const scopeOf = ({ tenant, team, user }: Caller) =>
    JSON.stringify(scope === "tenant" ? [tenant] : scope === "team" ? [tenant, team] : [tenant, team, user]);

  test("every caller asks every question: a hit exactly when it was asked in the scope before", async () => {
    const answers = new Map<string, string>();
    const random = seededRandom(7);
    const asked = shuffled(product(callers, questions()), 20_261_122);
    expect(asked.length).toBe(80 * 10);
    for (const [caller, question] of asked) {
      const body = JSON.stringify({ ...question.body, stream: random.below(2) === 1 });
      const tries = TRIES[random.below(TRIES.length)];
      const headers = { "content-type": "application/json", ...question.headers, ...tries, ...caller.headers };
      const before = upstream.requests.length;
      const answer = await fetch(millrace.url + question.path, { method: "POST", body, headers });
      await answer.bytes();
      const key = `${scopeOf(caller)} ${JSON.stringify(question)}`;
      const expected = answers.has(key) ? "hit" : "miss";
      expect([key, answer.status, answer.headers.get("x-millrace-cache")]).toEqual([key, 200, expected]);
      expect(upstream.requests.length - before).toBe(expected === "hit" ? 0 : 1);
      answers.set(key, body);
    }
  });
});

describe("callers with keys of their own", () => {
  test("share with nobody but themselves, in whichever header the key stands", async () => {
    const upstream = scriptedServer();
    const millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url, { credential: "passthrough" }) } });
    const seen = new Set<string>();
    const key = fc.constantFrom("sk-1", "sk-11", "sk-2", "sk-2 ", "Sk-1");
    const caller = fc.record({ bearer: fc.option(key, { nil: "" }), apiKey: fc.option(key, { nil: "" }) });
    const ask = async ({ bearer, apiKey }: { bearer: string; apiKey: string }) => {
      const headers = new Headers({ "content-type": "application/json" });
      if (bearer.trim()) headers.set("authorization", `Bearer ${bearer}`);
      if (apiKey.trim()) headers.set("x-api-key", apiKey);
      const body = JSON.stringify({ model: "m", max_tokens: 5, temperature: 0, messages: [{ role: "user", content: "mine" }] });
      const answer = await fetch(`${millrace.url}/v1/messages`, { method: "POST", body, headers });
      await answer.bytes();
      const credentials = [bearer.trim(), apiKey.trim()].filter((text, index, all) => text !== "" && all.indexOf(text) === index);
      const who = JSON.stringify(credentials);
      expect([who, answer.headers.get("x-millrace-cache")]).toEqual([who, seen.has(who) ? "hit" : "miss"]);
      seen.add(who);
    };
    await fc.assert(fc.asyncProperty(caller, ask), { numRuns: 200, seed: 20_261_122, endOnFailure: true });
    expect(seen.size).toBeGreaterThan(10);
    await millrace.stop();
    await upstream.close();
  });
});
