import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { MillraceError } from "../base/index.ts";
import { configInWords, type LoadOptions, loadConfig } from "./config.ts";
import { allKeys, configNode, type SchemaNode } from "./config-words.ts";

function refusal(file: unknown, options: LoadOptions = {}): string {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  try {
    loadConfig({ env: {}, directory: "/app", readFile: () => text, ...options });
  } catch (error) {
    if (MillraceError.is(error, "config_invalid")) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const upstream = { name: "a", dialect: "openai", baseUrl: "https://h/v1" };

describe("unknown keys", () => {
  test.each([
    [{ upstream: [] }, "upstream: is no known key; did you mean `upstreams`?"],
    [{ prot: 1 }, "prot: is no known key; did you mean `port`?"],
    [{ cache: { ttl: 1 } }, "cache.ttl: is no known key; did you mean `ttlSeconds`?"],
    [{ cache: { persist: { hitMin: 1 } } }, "cache.persist.hitMin: is no known key; did you mean `hitsMin`?"],
    [{ upstreams: [upstream, { ...upstream, baseURL: "x" }] }, "upstreams[1].baseURL: is no known key; did you mean `baseUrl`?"],
    [{ auth: { jwt: { claims: { usr: "x" } } } }, "auth.jwt.claims.usr: is no known key; did you mean `user`?"],
    [{ memoryBytes: 1 }, "memoryBytes: is no known key here; did you mean `cache.memoryBytes`?"],
    [{ log: { sink: "x" } }, "log.sink: is no known key; known here: level, format"],
    [JSON.parse('{ "__proto__": { "port": 1 } }'), "__proto__: is no known key"],
    [{ constructor: 1 }, "constructor: is no known key"],
  ])("%j", (file, message) => {
    expect(refusal(file)).toContain(message);
  });

  test.each(["regions", "natsUrl"])("%s is told to belong to another version", (key) => {
    expect(refusal({ [key]: {} })).toContain(`${key}: is not available in this version; remove it`);
  });

  test("at every depth: a key that is known nowhere is always refused", () => {
    const sections = allKeys(configNode()).filter((key) => !key.includes("[]") && objectAt(key));
    expect(sections).toContain("cache.persist");
    for (const section of sections) {
      const file = section.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), { qqqqqqqq: 1 });
      expect(refusal(file)).toContain(`${section}.qqqqqqqq: is no known key`);
    }
  });
});

function objectAt(key: string): boolean {
  const node = key.split(".").reduce<SchemaNode | undefined>((parent, part) => parent?.properties?.[part], configNode());
  return node?.properties !== undefined;
}

describe("wrong values", () => {
  test.each([
    [{ port: "80" }, "port: is text; needed: whole number, 0 to 65535"],
    [{ port: 70_000 }, "port: is too large; needed: whole number, 0 to 65535"],
    [{ port: null }, "port: is null; needed: whole number"],
    [{ limits: { idleMs: 1000.5 } }, "limits.idleMs: is not a whole number; needed: whole number, 100 to 3600000"],
    [{ limits: { idleMs: 0 } }, "limits.idleMs: is too small"],
    [{ cache: [] }, "cache: is a list; needed: object"],
    [{ cache: { scope: "all" } }, 'cache.scope: is none of the choices; needed: "user" or "team" or "tenant"'],
    [{ metrics: { enabled: "yes" } }, "metrics.enabled: is text; needed: true or false"],
    [{ upstreams: {} }, "upstreams: is an object; needed: list of objects"],
    [{ upstreams: [{}] }, "upstreams[0].name: is missing; needed: up to 64 letters"],
    [{ upstreams: [{ ...upstream, aliases: { "": "x" } }] }, 'upstreams[0].aliases[""]: has a name of the wrong length'],
    [{ upstreams: [{ ...upstream, aliases: { fast: "" } }] }, "upstreams[0].aliases.fast: is too short"],
    [{ host: "a b" }, "host: is not of the right form; needed: host name or address"],
    ["[]", "must hold one object"],
    ['{\n  "port": 1,\n}', "is not JSON: line 3, column 1 should be a name in double quotes"],
    [`"${"x".repeat(1024 * 1024)}"`, "is over 1048576 characters"],
  ])("%#", (file, message) => {
    expect(refusal(file)).toContain(message);
  });

  test("of the environment and flags are told by their name", () => {
    expect(refusal({}, { env: { PORT: "http" } })).toContain("port (environment variable PORT): is text");
    expect(refusal({}, { flags: { port: "99999" } })).toContain("port (--port): is too large");
    expect(refusal({}, { env: { PORT: "-1" } })).toContain("port (environment variable PORT)");
  });

  test("all are reported together: shape, environment and meaning", () => {
    const message = refusal(
      { cach: {}, log: { level: "loud" }, host: "0.0.0.0", upstreams: [{ ...upstream, credential: "env:ABSENT" }] },
      { env: { PORT: "x" } },
    );
    for (const part of ["cach:", "log.level:", "host:", "upstreams[0].credential:", "port (environment variable PORT):"]) {
      expect(message).toContain(`\n  ${part}`.replace(/: *$/, ":"));
    }
    expect(message).toContain("The configuration in /app/millrace.config.json has 5 problems:");
  });

  test("a UTF-8 byte order mark is no problem", () => {
    expect(loadConfig({ env: {}, readFile: () => '\uFEFF{ "port": 1 }' }).port).toBe(1);
  });
});

describe("secrets", () => {
  const secret = fc.stringMatching(/^sk-[a-z0-9]{24}$/);
  const whole = {
    host: "127.0.0.1",
    port: 1,
    redisUrl: "redis://h",
    upstreams: [{ ...upstream, models: ["*"], aliases: { a: "b" }, credential: "none", weight: 1, headers: { "x-a": "b" } }],
    auth: { required: true, jwt: { issuer: "i", audience: "a", jwksUrl: "https://h", claims: { user: "sub" } } },
    cache: { persist: { hitsMin: 5 } },
    log: { level: "info" },
  };

  /** The same with the value at the `choice`th place replaced. */
  function withValue(value: unknown, choice: { left: number }, replacement: unknown): unknown {
    if (choice.left-- === 0) return replacement;
    if (Array.isArray(value)) return value.map((part) => withValue(part, choice, replacement));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withValue(part, choice, replacement)]));
  }

  test("in any wrong place never reach the message", () => {
    let refused = 0;
    const shapes = fc.constantFrom<(text: string) => unknown>(
      (text) => text,
      (text) => [text],
      (text) => ({ key: text }),
      (text) => `https://user:${text}@host/v1`,
      (text) => `${text}\n`,
    );
    fc.assert(
      fc.property(secret, fc.nat({ max: 30 }), shapes, (text, place, shape) => {
        try {
          loadConfig({
            env: {},
            directory: "/app",
            readFile: () => JSON.stringify(withValue(whole, { left: place }, shape(text))),
          });
        } catch (error) {
          refused++;
          expect(MillraceError.is(error, "config_invalid")).toBe(true);
          expect(inspect(error)).not.toContain(text);
        }
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  test("in a file that is not JSON never reach the message", () => {
    fc.assert(
      fc.property(secret, fc.constantFrom("{ a: ", '{ "a" ', "[", '{ "a": "x" ', ""), (text, before) => {
        expect(refusal(`${before}${text}`)).not.toContain(text);
      }),
    );
  });

  test("of the environment never reach the message", () => {
    fc.assert(
      fc.property(secret, fc.constantFrom("PORT", "HOST", "REDIS_URL"), (text, variable) => {
        const env = { [variable]: `${text} ${text}` };
        expect(refusal({}, { env })).not.toContain(text);
      }),
    );
  });

  test("in their right places never print", () => {
    fc.assert(
      fc.property(secret, (text) => {
        const env = { KEY: text, GATE: text, HMAC: `${text}12345678`, REDIS_URL: `redis://:${text}@h` };
        const auth = { jwt: { issuer: "i", audience: "a", secret: "env:HMAC" } };
        const upstreams = [{ ...upstream, credential: "env:KEY", headers: { "x-a": "env:GATE", "x-b": text } }];
        const config = loadConfig({ env, readFile: () => JSON.stringify({ auth, upstreams }) });
        for (const printed of [
          configInWords(config),
          JSON.stringify(config),
          inspect(config, { depth: 9 }),
          Bun.inspect(config),
        ]) {
          expect(printed).not.toContain(text);
        }
        expect(configInWords(config).match(/\[secret\]/g)).toHaveLength(5);
      }),
      { numRuns: 20 },
    );
  });
});
