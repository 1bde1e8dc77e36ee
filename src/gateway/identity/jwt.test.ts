import { afterAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import { MillraceError, Secret, utf8, VirtualClock } from "../../base/index.ts";
import type { Identity } from "./identity.ts";
import { type JwtVerifierOptions, jwtVerifier } from "./jwt.ts";
import type { JwtKeySource } from "./jwt-key.ts";

const ISSUER = "https://issuer.example";
const AUDIENCE = "millrace";
const SECRET = "0123456789abcdef0123456789abcdef";
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (pair: { publicKey: typeof ec.publicKey }): string =>
  pair.publicKey.export({ type: "spki", format: "pem" }).toString();

const noFetch = async (): Promise<Response> => {
  throw new Error("This test fetches nothing.");
};

function rig(source: JwtKeySource & Partial<JwtVerifierOptions>) {
  const clock = new VirtualClock();
  const verifier = jwtVerifier({ issuer: ISSUER, audience: AUDIENCE, clock, fetch: noFetch, ...source });
  const seconds = () => Math.floor(clock.now() / 1000);
  return {
    clock,
    verify: async (token: string) => verifier.verify(token),
    now: (token: string) => verifier.verify(token),
    seconds,
  };
}

interface Signing {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: unknown;
}
const START_SECONDS = 1_700_000_000;
const good: JWTPayload = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "ann",
  team: "core",
  tenant: "acme",
  scope: "a b",
  exp: START_SECONDS + 3600,
};
const sign = (payload: JWTPayload, { alg = "HS256", kid, key = utf8(SECRET) }: Signing = {}): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key as Uint8Array);
const ann: Identity = { tenant: "acme", team: "core", user: "ann", scopes: ["a", "b"], kind: "jwt" };
const hs256 = { secret: new Secret(SECRET) };

describe("accepts", () => {
  test.each([
    ["HS256 by secret", "HS256", utf8(SECRET), hs256],
    ["ES256 by PEM", "ES256", ec.privateKey, { publicKey: pem(ec) }],
    ["RS256 by PEM", "RS256", rsa.privateKey, { publicKey: pem(rsa) }],
    ["ES256 by JWK", "ES256", ec.privateKey, { publicKey: ec.publicKey.export({ format: "jwk" }) }],
    ["RS256 by JWK", "RS256", rsa.privateKey, { publicKey: rsa.publicKey.export({ format: "jwk" }) }],
  ] as [string, string, unknown, JwtKeySource][])("%s", async (_name, alg, key, source) => {
    expect(await rig(source).verify(await sign(good, { alg, key }))).toEqual(ann);
  });

  test("without tenant, team and scope: the defaults", async () => {
    const { tenant: _tenant, team: _team, scope: _scope, ...bare } = good;
    const expected: Identity = { tenant: "default", team: "default", user: "ann", scopes: [], kind: "jwt" };
    expect(await rig(hs256).verify(await sign(bare))).toEqual(expected);
  });

  test("claims of other names, and scopes as an array", async () => {
    const claims = { tenant: "https://acme/org", team: ["group", "team"], user: ["email", "sub"], scopes: "scp" };
    const token = await sign({ ...good, "https://acme/org": "umbrella", email: "ann@acme", scp: ["x", "y"] });
    const expected: Identity = { tenant: "umbrella", team: "core", user: "ann@acme", scopes: ["x", "y"], kind: "jwt" };
    expect(await rig({ ...hs256, claims }).verify(token)).toEqual(expected);
  });

  test("one audience of several on either side", async () => {
    const { verify } = rig({ ...hs256, audience: ["other", AUDIENCE] });
    expect(await verify(await sign({ ...good, aud: ["somebody", AUDIENCE] }))).toMatchObject({ user: "ann" });
  });
});

describe("refuses", () => {
  const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  test.each([
    ["expired", { ...good, exp: START_SECONDS - 31 }, "expired", undefined],
    ["no expiry", without("exp"), "invalid", '"exp"'],
    ["an expiry that is text", { ...good, exp: "2099" as never }, "invalid", '"exp"'],
    ["not yet valid", { ...good, nbf: START_SECONDS + 31 }, "invalid", '"nbf"'],
    ["another audience", { ...good, aud: "else" }, "invalid", '"aud"'],
    ["no audience", without("aud"), "invalid", '"aud"'],
    ["no user", without("sub"), "invalid", "user"],
    ["a user that is no name", { ...good, sub: "a\u0000b" }, "invalid", "user"],
    ["a team that is no text", { ...good, team: ["core"] }, "invalid", "team"],
    ["an empty tenant", { ...good, tenant: "" }, "invalid", "tenant"],
    ["a null tenant", { ...good, tenant: null }, "invalid", "tenant"],
    ["a pass-through tenant", { ...good, tenant: "key-00" }, "invalid", "tenant"],
    ["scopes of another type", { ...good, scope: 7 }, "invalid", "scopes"],
    ["another issuer", { ...good, iss: "https://evil.example" }, "foreign", undefined],
    ["no issuer", without("iss"), "foreign", undefined],
    ["an issuer that is a list", { ...good, iss: [ISSUER] as never }, "foreign", undefined],
  ] as const)("%s", async (_name, payload, refused, detail) => {
    const verdict = await rig(hs256).verify(await sign(payload as JWTPayload));
    expect(verdict).toMatchObject({ refused });
    if (detail) expect("detail" in verdict && verdict.detail).toContain(detail);
  });

  test("within the tolerance: both ends of the validity", async () => {
    const { verify } = rig(hs256);
    expect(await verify(await sign({ ...good, exp: START_SECONDS - 29 }))).toEqual(ann);
    expect(await verify(await sign({ ...good, nbf: START_SECONDS + 30 }))).toEqual(ann);
  });

  test("an HS256 token signed with the text or bytes of the public key", async () => {
    for (const pair of [ec, rsa]) {
      const { verify } = rig({ publicKey: pem(pair) });
      const der = pair.publicKey.export({ type: "spki", format: "der" });
      for (const key of [utf8(pem(pair)), utf8(pem(pair).trim()), new Uint8Array(der)]) {
        expect(await verify(await sign(good, { key }))).toMatchObject({
          refused: "invalid",
          detail: "its algorithm is not accepted",
        });
      }
    }
  });

  test('"none", in any spelling, with and without a signature', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const source of [hs256, { publicKey: pem(ec) }]) {
      for (const alg of ["none", "None", "nOnE", "", null, undefined]) {
        for (const signature of ["", "AAAA"]) {
          const token = `${part({ alg })}.${part(good)}.${signature}`;
          expect(await rig(source).verify(token)).toMatchObject({ refused: "invalid" });
        }
      }
    }
  });

  test("another key, and every single changed character", async () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { verify } = rig({ publicKey: pem(ec) });
    expect(await verify(await sign(good, { alg: "ES256", key: other.privateKey }))).toMatchObject({ refused: "invalid" });
    const token = await sign(good, { alg: "ES256", key: ec.privateKey });
    await verify(token);
    // Not the very last one: two thirds of its bits encode nothing, so it may be another spelling of the same token.
    for (let at = 0; at < token.length - 1; at++) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(await verify(changed)).toHaveProperty("refused");
    }
  });

  test("garbage, as foreign and without a promise", () => {
    const { now } = rig(hs256);
    const nasty = ["", ".", "..", "a.b.c", "a.b", "a.b.c.d", "é.b.c", "eyJ9.eyJ9.", `${"a".repeat(20_000)}.b.c`, "a.b.c\n"];
    for (const token of nasty) expect(now(token)).toMatchObject({ refused: "foreign" });
  });
});

describe("remembers", () => {
  test("a verified token answers without a promise for a minute", async () => {
    const { verify, now, clock } = rig(hs256);
    const token = await sign(good);
    await verify(token);
    await clock.advance(59_999);
    expect(now(token)).toEqual(ann);
    await clock.advance(1);
    expect(now(token)).toBeInstanceOf(Promise);
    expect(await verify(token)).toEqual(ann);
  });

  test("never beyond its expiry, also when wall time jumps forward; a step back revives nothing", async () => {
    const { verify, clock } = rig(hs256);
    const token = await sign({ ...good, exp: START_SECONDS + 40 });
    expect(await verify(token)).toEqual(ann);
    clock.stepWall(71_000);
    expect(await verify(token)).toEqual({ refused: "expired" });
    clock.stepWall(-71_000);
    await clock.advance(71_000);
    expect(await verify(token)).toEqual({ refused: "expired" });
  });
});

describe("keys by URL", () => {
  const jwk = (pair: { publicKey: typeof ec.publicKey }, kid: string, alg: string) => ({
    ...pair.publicKey.export({ format: "jwk" }),
    kid,
    alg,
    use: "sig",
  });
  interface Issuer {
    keys: object[];
    status: number;
    hits: number;
    body?: string;
    hang: boolean;
  }
  // One issuer a test, under a path of its own: a fetch that a test left behind reaches no other.
  const issuers: Issuer[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const state = issuers[Number(new URL(request.url).pathname.slice(1))];
      if (!state) return new Response(null, { status: 404 });
      state.hits++;
      if (state.hang) await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      if (state.status === 302) return Response.redirect(new URL("/elsewhere", request.url), 302);
      return new Response(state.body ?? JSON.stringify({ keys: state.keys }), { status: state.status });
    },
  });
  afterAll(() => server.stop(true));
  const remote = (keys: object[]) => {
    const state: Issuer = { keys, status: 200, hits: 0, hang: false };
    const path = issuers.push(state) - 1;
    return { state, ...rig({ jwksUrl: `http://127.0.0.1:${server.port}/${path}`, fetch: (url, init) => fetch(url, init) }) };
  };
  const long = { ...good, exp: START_SECONDS + 100 * 3600 };
  let serial = 0;
  const es = (kid: string, pair = ec) => sign({ ...long, jti: `${serial++}` }, { alg: "ES256", kid, key: pair.privateKey });
  const minute = 60_000;

  test("both kinds of key, one fetch for many calls at once", async () => {
    const { state, verify } = remote([jwk(ec, "e1", "ES256"), jwk(rsa, "r1", "RS256")]);
    const tokens = [await es("e1"), await sign(long, { alg: "RS256", kid: "r1", key: rsa.privateKey })];
    const calls = Array.from({ length: 20 }, (_, index) => verify(tokens[index % 2] as string));
    for (const verdict of await Promise.all(calls)) expect(verdict).toEqual(ann);
    expect(state.hits).toBe(1);
  });

  test("HS256 is refused whatever the set says, also with a symmetric key in it", async () => {
    const { verify } = remote([
      jwk(ec, "e1", "ES256"),
      { kty: "oct", kid: "s1", alg: "HS256", k: Buffer.from(SECRET).toString("base64url") },
    ]);
    expect(await verify(await sign(long, { kid: "s1" }))).toMatchObject({ refused: "invalid" });
    expect(await verify(await sign(long, { kid: "e1", key: utf8(pem(ec)) }))).toMatchObject({ refused: "invalid" });
  });

  test("rotation: a new key id is fetched once the cool-down is over; a key that left is refused after ten minutes", async () => {
    const next = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    expect(await verify(await es("e1"))).toEqual(ann);
    state.keys = [jwk(next, "e2", "ES256")];
    expect(await verify(await es("e2", next))).toMatchObject({ refused: "invalid", detail: "the issuer does not list its key" });
    expect(state.hits).toBe(1);
    await clock.advance(30_000);
    expect(await verify(await es("e2", next))).toEqual(ann);
    expect(state.hits).toBe(2);
    await clock.advance(11 * minute);
    expect(await verify(await es("e1"))).toMatchObject({ refused: "invalid" });
  });

  test("made-up key ids cost the issuer one fetch in 30 seconds", async () => {
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    for (let index = 0; index < 50; index++) await verify(await es(`made-up-${index}`));
    expect(state.hits).toBe(1);
    await clock.advance(30_000);
    for (let index = 0; index < 50; index++) await verify(await es(`more-${index}`));
    expect(state.hits).toBe(2);
  });

  test("a foreign token fetches nothing", async () => {
    const { state, now } = remote([]);
    const token = await sign({ ...long, iss: "https://evil.example" }, { alg: "ES256", kid: "x", key: ec.privateKey });
    expect(now(token)).toMatchObject({ refused: "foreign" });
    expect(state.hits).toBe(0);
  });

  test("issuer down from the start: unavailable, and asked again only after the cool-down", async () => {
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    state.status = 500;
    for (let index = 0; index < 5; index++) expect(await verify(await es("e1"))).toEqual({ refused: "unavailable" });
    expect(state.hits).toBe(1);
    state.status = 200;
    await clock.advance(30_000);
    expect(await verify(await es("e1"))).toEqual(ann);
  });

  test("issuer down later: the keys serve on for an hour, then nobody is let in", async () => {
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    await verify(await es("e1"));
    state.status = 503;
    await clock.advance(10 * minute);
    expect(await verify(await es("e1"))).toEqual(ann);
    expect(state.hits).toBe(2);
    expect(await verify(await es("unknown"))).toEqual({ refused: "unavailable" });
    await clock.advance(60 * minute - 1);
    expect(await verify(await es("e1"))).toEqual(ann);
    await clock.advance(minute);
    expect(await verify(await es("e1"))).toEqual({ refused: "unavailable" });
  });

  test("a silent issuer is given up after five seconds, and then no longer waited for", async () => {
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    await verify(await es("e1"));
    state.hang = true;
    await clock.advance(10 * minute);
    const waiting = verify(await es("e1"));
    await clock.advance(5_000);
    expect(await waiting).toEqual(ann);
    await clock.advance(minute);
    expect(await verify(await es("e1"))).toEqual(ann);
  });

  test.each([
    ["no JSON", { body: "<html>" }],
    ["no key set", { body: '{"keys":7}' }],
    ["more than a mebibyte", { body: JSON.stringify({ keys: [], more: "x".repeat(1024 * 1024) }) }],
    ["a redirect", { status: 302 }],
  ])("an answer that is %s is no set of keys", async (_name, answer) => {
    const { state, verify, clock } = remote([jwk(ec, "e1", "ES256")]);
    Object.assign(state, answer);
    expect(await verify(await es("e1"))).toEqual({ refused: "unavailable" });
    expect(state.hits).toBe(1);
    expect(clock.pendingCount).toBe(0);
  });
});

test.each([
  ["no key", {}],
  ["two keys", { ...hs256, publicKey: pem(ec) }],
  ["a short secret", { secret: new Secret("x".repeat(31)) }],
  ["a private PEM", { publicKey: ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }],
  ["a private JWK", { publicKey: ec.privateKey.export({ format: "jwk" }) }],
  ["a PEM of nothing", { publicKey: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" }],
  ["another curve", { publicKey: pem(generateKeyPairSync("ec", { namedCurve: "P-384" })) }],
  ["a small RSA key", { publicKey: pem(generateKeyPairSync("rsa", { modulusLength: 1024 })) }],
  ["HS256 with a public key", { publicKey: pem(rsa), algorithms: ["HS256"] }],
  ["HS256 with a URL", { jwksUrl: "https://issuer.example/jwks", algorithms: ["HS256", "RS256"] }],
  ["no algorithm", { ...hs256, algorithms: [] }],
  ["a URL in the clear", { jwksUrl: "http://issuer.example/jwks" }],
  ["a URL that is none", { jwksUrl: "issuer" }],
  ["no issuer", { ...hs256, issuer: "" }],
  ["no audience", { ...hs256, audience: [] }],
  ["any audience", { ...hs256, audience: "" }],
  ["an endless tolerance", { ...hs256, clockToleranceSeconds: Number.POSITIVE_INFINITY }],
] as [string, JwtKeySource & Partial<JwtVerifierOptions>][])("options with %s are refused at start", (_name, options) => {
  let thrown: unknown;
  try {
    rig(options);
  } catch (error) {
    thrown = error;
  }
  expect(MillraceError.is(thrown, "option_invalid")).toBe(true);
  expect(String(thrown)).not.toContain("x".repeat(31));
});
