import { describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { Secret, utf8, VirtualClock } from "../../base/index.ts";
import { authenticate } from "./authenticate.ts";
import { jwtVerifier } from "./jwt.ts";
import type { Refusal } from "./refusal.ts";
import { tokenRig } from "./testing.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const bearer = (credential: string): Headers => new Headers({ authorization: `Bearer ${credential}` });
const apiKey = (credential: string): Headers => new Headers({ "x-api-key": credential });
const both = (one: string, two: string): Headers => new Headers({ authorization: `Bearer ${one}`, "x-api-key": two });
const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const sign = (issuer: string, seconds: number): Promise<string> =>
  new SignJWT({ sub: "joe", tenant: "acme" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setAudience("millrace")
    .setExpirationTime(1_700_000_000 + seconds)
    .sign(utf8(SECRET));
const ours = await sign("https://ours.example", 3600);
const stale = await sign("https://ours.example", -3600);
const foreign = await sign("https://theirs.example", 3600);

async function rig(required: boolean) {
  const { tokens, store, clock } = tokenRig();
  const fetch = async (): Promise<Response> => {
    throw new Error("This test fetches nothing.");
  };
  const options = { issuer: "https://ours.example", audience: "millrace", secret: new Secret(SECRET), clock, fetch };
  const { token, record } = await tokens.create({ user: "ann", team: "core" });
  const identify = authenticate({ required, tokens, jwt: jwtVerifier(options) });
  const told = async (headers: Headers) => await identify(headers);
  return { tokens, store, clock, token, record, identify, told };
}

describe.each([true, false])("required: %p", (required) => {
  test("a token, in either header", async () => {
    const { told, token } = await rig(required);
    const ann = { tenant: "default", team: "core", user: "ann", scopes: [], kind: "token" } as const;
    expect(await told(bearer(token))).toEqual(ann);
    expect(await told(apiKey(token))).toEqual(ann);
  });

  test("a token decides whatever stands in the other header", async () => {
    const { told, token } = await rig(required);
    for (const other of ["sk-ant-123", ours, foreign, "Basic x"]) {
      expect(await told(both(token, other))).toMatchObject({ user: "ann" });
      expect(await told(both(other, token))).toMatchObject({ user: "ann" });
    }
    expect(await told(both(`mr_${"A".repeat(43)}`, token))).toMatchObject({ refused: "authentication" });
  });

  test("a JWT of the issuer, also beside a key or a foreign JWT", async () => {
    const { told } = await rig(required);
    for (const headers of [bearer(ours), apiKey(ours), both("sk-1", ours), both(ours, "sk-1"), both(foreign, ours)]) {
      expect(await told(headers)).toMatchObject({ user: "joe", tenant: "acme", kind: "jwt" });
    }
  });

  test("an unknown, malformed, revoked or expired token is refused and told how to get one", async () => {
    const { told, tokens, token, record, clock } = await rig(required);
    const brief = await tokens.create({ user: "bob", team: "core", expiresAt: clock.now() + 10 });
    await tokens.revoke(record.id);
    await clock.advance(10);
    for (const [credential, word] of [
      [`mr_${"A".repeat(43)}`, "does not know"],
      ["mr_", "does not know"],
      [`mr_${"x".repeat(9_000)}`, "does not know"],
      [token, "revoked"],
      [brief.token, "expired"],
    ] as const) {
      const refusal = await told(both("sk-ant-own-key", credential));
      const { refused, message } = refusal as Refusal;
      expect(refused).toBe("authentication");
      expect(message).toContain("millrace token create --user NAME --team NAME");
      expect(message).toContain(word);
      if (credential.length > 10) expect(message).not.toContain(credential.slice(0, 10));
    }
  });

  test("an expired JWT of the issuer is refused, not passed on", async () => {
    const { told } = await rig(required);
    const refusal = (await told(bearer(stale))) as Refusal;
    expect(refusal.refused).toBe("authentication");
    expect(refusal.message).toContain("expired");
    const [head, , signature] = ours.split(".");
    const forged = `${head}.${Buffer.from('{"iss":"https://ours.example","sub":"root"}').toString("base64url")}.${signature}`;
    expect(await told(bearer(forged))).toMatchObject({ refused: "authentication" });
  });

  test("a store that fails is 503 with a time to try again, not 401", async () => {
    const { told, token, store } = await rig(required);
    store.failing = true;
    expect(await told(bearer(token))).toMatchObject({ refused: "overloaded", retryAfterSeconds: 2 });
  });

  test("a remembered credential needs no promise", async () => {
    const { told, identify, token } = await rig(required);
    await told(bearer(token));
    await told(bearer(ours));
    expect(identify(bearer(token))).toMatchObject({ user: "ann" });
    expect(identify(bearer(ours))).toMatchObject({ user: "joe" });
  });

  test("a credential of 17,000 characters is refused unread", async () => {
    const { told } = await rig(required);
    expect(await told(apiKey("x".repeat(17_000)))).toMatchObject({ refused: "authentication" });
  });
});

test("required: nothing, other keys and foreign JWTs are refused", async () => {
  const { identify } = await rig(true);
  for (const headers of [new Headers(), bearer("sk-1"), apiKey("sk-1"), bearer(foreign), bearer("a.b.c"), bearer("")]) {
    const { refused, message } = identify(headers) as Refusal;
    expect(refused).toBe("authentication");
    expect(message).toContain("millrace token create");
  }
});

test("not required: nothing is the local user, another key a tenant of its own", async () => {
  const { identify } = await rig(false);
  expect(identify(new Headers())).toEqual({ tenant: "default", team: "default", user: "local", scopes: [], kind: "local" });
  for (const credential of ["sk-1", foreign, "a.b.c", "Basic x"]) {
    const identity = {
      tenant: `key-${sha256(credential)}`,
      team: "default",
      user: "default",
      scopes: [],
      kind: "passthrough",
    } as const;
    expect(identify(bearer(credential))).toEqual(identity);
    expect(identify(apiKey(credential))).toEqual(identity);
  }
});

test("of two keys both make the tenant, in their order and without running into one another", () => {
  const identify = authenticate({ required: false });
  const pairs = [
    both("dummy", "sk-1"),
    both("dummy", "sk-2"),
    both("sk-1", "dummy"),
    both("dummysk", "-1"),
    bearer("dummy"),
    bearer("dummysk-1"),
  ];
  const tenants = pairs.map((headers) => JSON.stringify(identify(headers)));
  expect(new Set(tenants).size).toBe(pairs.length);
  expect(identify(both("sk-1", "sk-1"))).toEqual(identify(bearer("sk-1")));
});

test("a Millrace token is refused also where no tokens are configured: it must not travel on", () => {
  expect(authenticate({ required: false })(bearer(`mr_${"A".repeat(43)}`))).toMatchObject({ refused: "authentication" });
});

test("to require authentication without any way to check it is refused at start", () => {
  expect(() => authenticate({ required: true })).toThrow("neither tokens nor JWTs");
});

test("no identity of a token or JWT can enter a pass-through tenant", async () => {
  const { told, tokens } = await rig(false);
  const victim = await told(apiKey("sk-victim"));
  const tenant = "tenant" in victim ? victim.tenant : "";
  await expect(tokens.create({ user: "eve", team: "x", tenant })).rejects.toThrow("reserved");
  const jwt = await new SignJWT({ sub: "eve", tenant })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://ours.example")
    .setAudience("millrace")
    .setExpirationTime(new VirtualClock().now() / 1000 + 60)
    .sign(utf8(SECRET));
  expect(await told(bearer(jwt))).toMatchObject({ refused: "authentication" });
});
