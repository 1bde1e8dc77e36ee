import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError, text } from "../../base/index.ts";
import { type MapKeyValue, tokenRig } from "./testing.ts";

const ann = { user: "ann", team: "core" };
const onlyKey = (store: MapKeyValue): string => [...store.values.keys()][0] as string;

describe("create", () => {
  test("gives a token of 256 bits and stores its SHA-256, never its text", async () => {
    const { store, tokens, clock } = tokenRig();
    const { token, record } = await tokens.create({ ...ann, scopes: ["threads:read"] });
    expect(token).toMatch(/^mr_[A-Za-z0-9_-]{43}$/);
    expect(record).toMatchObject({
      tenant: "default",
      team: "core",
      user: "ann",
      scopes: ["threads:read"],
      createdAt: clock.now(),
    });
    const digest = new Bun.CryptoHasher("sha256").update(token).digest("hex");
    expect([...store.values.keys()]).toEqual([`token/${digest}`]);
    const everything = `${onlyKey(store)} ${text(store.values.get(onlyKey(store)) as Uint8Array)}`;
    for (let start = 3; start + 8 <= token.length; start++) expect(everything).not.toContain(token.slice(start, start + 8));
    expect(token).not.toContain(record.id.slice(0, 8));
  });

  test.each([
    ["user", ""],
    ["user", " ann"],
    ["user", "a\nb"],
    ["user", "a\u200bb"],
    ["user", "\ud800"],
    ["team", "x".repeat(129)],
    ["tenant", "a\u0000"],
    ["tenant", "key-0123"],
    ["tenant", "KEY-0123"],
  ])("refuses the %s %p and says which", async (field, name) => {
    const { store, tokens } = tokenRig();
    const refused = tokens.create({ ...ann, [field]: name });
    const error = await refused.catch((thrown) => thrown);
    expect(MillraceError.is(error, "option_invalid")).toBe(true);
    expect(error.message).toStartWith(`The ${field} `);
    expect(store.values.size).toBe(0);
  });

  test("takes names of 128 characters in any script", async () => {
    const { tokens } = tokenRig();
    const user = "🦀".repeat(128);
    const { token } = await tokens.create({ ...ann, user, tenant: "Müller & Söhne" });
    expect(await tokens.verify(token)).toMatchObject({ user, tenant: "Müller & Söhne" });
  });

  test.each([[["a b"]], [[""]], [['"']], [["x".repeat(129)]], [Array.from({ length: 65 }, (_, index) => `s${index}`)]])(
    "refuses the scopes %p",
    async (scopes) => {
      await expect(tokenRig().tokens.create({ ...ann, scopes })).rejects.toThrow("list of scopes");
    },
  );

  test.each([0, Number.NaN, Number.POSITIVE_INFINITY, 1_600_000_000_000])("refuses to expire at %p", async (expiresAt) => {
    await expect(tokenRig().tokens.create({ ...ann, expiresAt })).rejects.toThrow("not in the future");
  });

  test("refuses beyond the limit", async () => {
    const { tokens } = tokenRig({ tokensMax: 2 });
    await tokens.create(ann);
    await tokens.create(ann);
    await expect(tokens.create(ann)).rejects.toThrow("full with 2 tokens");
  });
});

describe("list and revoke", () => {
  test("lists newest first, with no trace of the text or its digest", async () => {
    const { tokens, clock } = tokenRig();
    const first = await tokens.create(ann);
    await clock.advance(1000);
    const second = await tokens.create({ user: "bob", team: "web" });
    expect(await tokens.list()).toEqual([second.record, first.record]);
    expect(Object.keys(second.record).sort()).toEqual(["createdAt", "id", "scopes", "team", "tenant", "user"]);
  });

  test("lists more tokens than are read at once", async () => {
    const { tokens } = tokenRig();
    for (let index = 0; index < 150; index++) await tokens.create({ ...ann, user: `user${index}` });
    expect(new Set((await tokens.list()).map(({ user }) => user)).size).toBe(150);
  });

  test("a revoked token is refused at once, stays listed, and keeps its first time", async () => {
    const { tokens, clock } = tokenRig();
    const { token, record } = await tokens.create(ann);
    expect(await tokens.verify(token)).toMatchObject({ user: "ann" });
    const revokedAt = clock.now();
    expect(await tokens.revoke(record.id)).toEqual({ ...record, revokedAt });
    expect(await tokens.verify(token)).toEqual({ refused: "revoked" });
    await clock.advance(60_000);
    expect(await tokens.revoke(record.id)).toMatchObject({ revokedAt });
    expect(await tokens.list()).toEqual([{ ...record, revokedAt }]);
  });

  test("a record leaves the store 90 days after its end, and not before", async () => {
    const { tokens, store, clock } = tokenRig();
    const day = 24 * 3_600_000;
    const { record } = await tokens.create({ ...ann, expiresAt: clock.now() + 10 * day });
    expect(store.ttls.get(onlyKey(store))).toBe(100 * day);
    await tokens.revoke(record.id);
    expect(store.ttls.get(onlyKey(store))).toBe(90 * day);
    store.values.clear();
    await tokens.create(ann);
    expect(store.ttls.get(onlyKey(store))).toBeUndefined();
  });

  test("an unknown id revokes nothing; a prefix of an id is an unknown id", async () => {
    const { tokens } = tokenRig();
    const { token, record } = await tokens.create(ann);
    expect(await tokens.revoke("nobody")).toBeUndefined();
    expect(await tokens.revoke(record.id.slice(0, 20))).toBeUndefined();
    expect(await tokens.verify(token)).toMatchObject({ user: "ann" });
  });

  test("a damaged record stops the list, but not the revoking of others", async () => {
    const { tokens, store } = tokenRig();
    store.values.set(`token/${"0".repeat(64)}`, new Uint8Array([1, 2, 3]));
    const { token, record } = await tokens.create(ann);
    expect(await tokens.list().catch((error) => MillraceError.is(error, "store_corrupt"))).toBe(true);
    await tokens.revoke(record.id);
    expect(await tokens.verify(token)).toEqual({ refused: "revoked" });
  });

  test("a lookup that was on its way during a revocation is not remembered", async () => {
    const { tokens, store } = tokenRig();
    const { token, record } = await tokens.create(ann);
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const early = tokens.verify(token);
    store.gate = undefined;
    await tokens.revoke(record.id);
    expect(await tokens.verify(token)).toEqual({ refused: "revoked" });
    gate.resolve();
    expect(await early).toMatchObject({ user: "ann" });
    expect(await tokens.verify(token)).toEqual({ refused: "revoked" });
  });
});

describe("verify", () => {
  test("reads the store once in five seconds, then answers without a promise", async () => {
    const { tokens, store, clock } = tokenRig();
    const { token } = await tokens.create({ ...ann, scopes: ["a"] });
    const calls = [tokens.verify(token), tokens.verify(token), tokens.verify(token)];
    expect(await Promise.all(calls)).toEqual(
      Array.from({ length: 3 }, () => ({ tenant: "default", team: "core", user: "ann", scopes: ["a"], kind: "token" })),
    );
    expect(store.reads).toBe(1);
    await clock.advance(4_999);
    expect(tokens.verify(token)).not.toBeInstanceOf(Promise);
    await clock.advance(1);
    await tokens.verify(token);
    expect(store.reads).toBe(2);
  });

  test("an unknown token is remembered too, apart from the verified ones", async () => {
    const { tokens, store } = tokenRig({ verifiedMax: 1, refusedMax: 1 });
    const { token } = await tokens.create(ann);
    await tokens.verify(token);
    const guess = `mr_${"A".repeat(43)}`;
    expect(await tokens.verify(guess)).toEqual({ refused: "unknown" });
    expect(tokens.verify(guess)).toEqual({ refused: "unknown" });
    expect(store.reads).toBe(2);
    expect(tokens.verify(token)).toMatchObject({ user: "ann" });
  });

  test("expires to the millisecond, also from the cache and when wall time steps", async () => {
    const { tokens, clock } = tokenRig();
    const { token } = await tokens.create({ ...ann, expiresAt: clock.now() + 2_000 });
    await tokens.verify(token);
    await clock.advance(1_999);
    expect(tokens.verify(token)).toMatchObject({ user: "ann" });
    clock.stepWall(1);
    expect(tokens.verify(token)).toEqual({ refused: "expired" });
    await clock.advance(10_000);
    expect(await tokens.verify(token)).toEqual({ refused: "expired" });
  });

  test("a failing store is unavailable, never a refusal, and is not remembered", async () => {
    const { tokens, store } = tokenRig();
    const { token } = await tokens.create(ann);
    store.failing = true;
    expect(await tokens.verify(token)).toEqual({ refused: "unavailable" });
    store.failing = false;
    expect(await tokens.verify(token)).toMatchObject({ user: "ann" });
  });

  test("a silent store is unavailable after two seconds, and leaves no timer", async () => {
    const { tokens, store, clock } = tokenRig();
    const { token } = await tokens.create(ann);
    store.gate = new Promise(() => {});
    const waiting = tokens.verify(token);
    await clock.advance(2_000);
    expect(await waiting).toEqual({ refused: "unavailable" });
    store.gate = undefined;
    expect(await tokens.verify(token)).toMatchObject({ user: "ann" });
    expect(clock.pendingCount).toBe(0);
  });

  test("a record that the store mixed up is never somebody's identity", async () => {
    const { tokens, store } = tokenRig();
    const { token } = await tokens.create(ann);
    const annKey = onlyKey(store);
    await tokens.create({ user: "bob", team: "web" });
    const bobKey = [...store.values.keys()].find((key) => key !== annKey) as string;
    store.values.set(annKey, store.values.get(bobKey) as Uint8Array);
    expect(await tokens.verify(token)).toEqual({ refused: "unavailable" });
  });

  test("a record altered into a pass-through tenant is not read", async () => {
    const { tokens, store } = tokenRig();
    const { token } = await tokens.create({ ...ann, tenant: "abc-1" });
    const value = text(store.values.get(onlyKey(store)) as Uint8Array).replace("abc-1", "key-1");
    store.values.set(onlyKey(store), new TextEncoder().encode(value));
    expect(await tokens.verify(token)).toEqual({ refused: "unavailable" });
  });

  test("what has not the shape of a token costs neither a hash nor a lookup", () => {
    const { tokens, store } = tokenRig();
    const nasty = ["", "mr_", `mr_${"a".repeat(42)}`, `mr_${"a".repeat(44)}`, `MR_${"a".repeat(43)}`, `mr_${"é".repeat(43)}`];
    for (const value of [...nasty, `mr_${"a".repeat(10_000_000)}`, `mr_${"a".repeat(42)}\n`]) {
      expect(tokens.verify(value)).toEqual({ refused: "unknown" });
    }
    expect(store.reads).toBe(0);
  });
});

test.each([
  { cacheLifeMs: -1 },
  { cacheLifeMs: Number.POSITIVE_INFINITY },
  { storeWaitMsMax: 0 },
  { tokensMax: Number.NaN },
  { verifiedMax: 0 },
  { refusedMax: Number.POSITIVE_INFINITY },
])("the unbounded is refused: %p", (options) => {
  expect(() => tokenRig(options)).toThrow(MillraceError);
});

describe("matrix", () => {
  const name = fc.constantFrom("ann", "bob", "default", "ANN", "a/b", "ann ann", "ä", "__proto__", "constructor");
  const caller = fc.record({ user: name, team: name, tenant: name, scopes: fc.uniqueArray(fc.constantFrom("a", "b", "admin")) });

  test("every token verifies to exactly its own identity, whatever the cache holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(caller, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        async (callers, order) => {
          const { tokens } = tokenRig({ verifiedMax: 3 });
          const made = [];
          for (const wanted of callers) made.push({ wanted, ...(await tokens.create(wanted)) });
          for (const pick of order) {
            const { token, wanted } = made[pick % made.length] as (typeof made)[number];
            expect(await tokens.verify(token)).toEqual({ ...wanted, kind: "token" });
          }
          const [gone, ...kept] = made as [(typeof made)[number], ...typeof made];
          await tokens.revoke(gone.record.id);
          expect(await tokens.verify(gone.token)).toEqual({ refused: "revoked" });
          for (const { token, wanted } of kept) expect(await tokens.verify(token)).toEqual({ ...wanted, kind: "token" });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a changed token never verifies: one character, a common prefix, cut, grown, other case", async () => {
    const { tokens } = tokenRig();
    const { token } = await tokens.create(ann);
    await tokens.verify(token);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const replaced = fc
      .tuple(fc.integer({ min: 0, max: 45 }), fc.constantFrom(...alphabet))
      .map(([at, character]) => token.slice(0, at) + character + token.slice(at + 1));
    const tail = fc.integer({ min: 3, max: 45 }).map((at) => token.slice(0, at) + [...token.slice(at)].reverse().join(""));
    const sized = fc
      .tuple(fc.integer({ min: 0, max: 46 }), fc.string({ maxLength: 4 }))
      .map(([at, more]) => token.slice(0, at) + more);
    const mutated = fc.oneof(replaced, tail, sized, fc.constantFrom(token.toLowerCase(), token.toUpperCase(), ` ${token}`));
    await fc.assert(
      fc.asyncProperty(mutated, async (value) => {
        fc.pre(value !== token);
        expect(await tokens.verify(value)).toEqual({ refused: "unknown" });
      }),
      { numRuns: 1_000 },
    );
    // All 63 neighbours of the last character: two of its six bits encode nothing in base64url.
    for (const last of alphabet) {
      const value = token.slice(0, -1) + last;
      if (value !== token) expect(await tokens.verify(value)).toEqual({ refused: "unknown" });
    }
  });
});
