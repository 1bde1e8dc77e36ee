import { describe, expect, test } from "bun:test";
import { MillraceError, Secret } from "../base/index.ts";
import { type Config, configInWords, type LoadOptions, loadConfig } from "./config.ts";

const missing = (): string => {
  throw Object.assign(new Error("no such file"), { code: "ENOENT" });
};

/** Loads without touching this machine's files or environment. */
function load(file?: unknown, options: LoadOptions = {}): Config {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return loadConfig({ env: {}, directory: "/app", readFile: file === undefined ? missing : () => text, ...options });
}

function refusal(file?: unknown, options: LoadOptions = {}): string {
  try {
    load(file, options);
  } catch (error) {
    if (MillraceError.is(error, "config_invalid")) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const claude = { name: "claude", dialect: "anthropic", baseUrl: "https://api.anthropic.com" };

describe("where a value comes from", () => {
  test("defaults, when there is no file and nothing is set", () => {
    const config = load();
    expect(config).toMatchObject({ host: "127.0.0.1", port: 7878, dataDir: "/app/data", upstreams: [] });
    expect(config.scripted).toEqual({ enabled: true, pace: { firstTokenMs: 400, tokensPerSecond: 60, chunkTokens: 2 } });
    expect(config.cache).toMatchObject({ entriesMax: 1000, memoryBytes: 268_435_456, ttlSeconds: 3600, scope: "team" });
    expect(config.cache.persist).toMatchObject({ hitsMin: 5, tokensMin: 4000, timeoutMs: 50 });
    expect(config.limits.bodyBytesMax).toBe(64 * 1024 * 1024);
    expect(config.auth).toEqual({ required: false, tokenCacheSeconds: 5, jwt: undefined });
    expect(config.origin).toEqual({ file: undefined, upstreams: "none", notices: [], outgoingRequestsMax: 256 });
  });

  test("the file goes before defaults, the environment before the file, flags before all", () => {
    const file = { port: 1, host: "127.0.0.2", dataDir: "of-file" };
    const env = { PORT: "2", HOST: "127.0.0.3", MILLRACE_DATA: "of-environment" };
    const flags = { port: "3", host: "localhost", dataDir: "of-flag" };
    expect(load(file)).toMatchObject({ port: 1, host: "127.0.0.2", dataDir: "/app/of-file" });
    expect(load(file, { env })).toMatchObject({ port: 2, host: "127.0.0.3", dataDir: "/app/of-environment" });
    expect(load(file, { env, flags })).toMatchObject({ port: 3, host: "localhost", dataDir: "/app/of-flag" });
    expect(load(undefined, { flags })).toMatchObject({ port: 3 });
  });

  test("an empty variable counts as not set", () => {
    expect(load({ port: 1 }, { env: { PORT: "", HOST: " ", REDIS_URL: "" } })).toMatchObject({ port: 1, host: "127.0.0.1" });
    expect(load(undefined, { env: { ANTHROPIC_API_KEY: " " } }).scripted.enabled).toBe(true);
  });

  test("a data folder in the file is relative to the file, elsewhere to the working folder", () => {
    expect(load({ dataDir: "d" }, { path: "etc/m.json" }).dataDir).toBe("/app/etc/d");
    expect(load({ dataDir: "d" }, { path: "/etc/m.json" }).dataDir).toBe("/etc/d");
    expect(load({ dataDir: "/d" }, { path: "/etc/m.json" }).dataDir).toBe("/d");
    expect(load({ dataDir: "d" }, { path: "/etc/m.json", flags: { dataDir: "e" } }).dataDir).toBe("/app/e");
    expect(load({}, { path: "/etc/m.json" }).dataDir).toBe("/app/data");
  });

  test("partial sections keep the other defaults", () => {
    const { cache, scripted } = load({ cache: { persist: { hitsMin: 9 } }, scripted: { pace: { firstTokenMs: 0 } } });
    expect(cache.persist).toMatchObject({ hitsMin: 9, tokensMin: 4000 });
    expect(scripted.pace).toEqual({ firstTokenMs: 0, tokensPerSecond: 60, chunkTokens: 2 });
  });

  test("the default file may be absent, a named one may not", () => {
    expect(refusal(undefined, { path: "other.json" })).toContain("/app/other.json is not there");
    const locked = () => {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    };
    expect(refusal(undefined, { readFile: locked })).toContain("/app/millrace.config.json cannot be read (EACCES)");
  });
});

describe("upstreams", () => {
  test("provider keys mount the providers when no upstream is configured", () => {
    const env = { ANTHROPIC_API_KEY: "sk-ant-1\n", OPENAI_API_KEY: "sk-2" };
    const { upstreams, scripted, origin } = load({}, { env });
    expect(upstreams.map(({ name, baseUrl, models }) => [name, baseUrl, models])).toEqual([
      ["anthropic", "https://api.anthropic.com", ["*"]],
      ["openai", "https://api.openai.com/v1", ["*"]],
    ]);
    const [first] = upstreams;
    expect(first?.credential.kind === "env" && first.credential.secret.reveal()).toBe("sk-ant-1");
    expect(scripted.enabled).toBe(false);
    expect(origin.upstreams).toBe("keys");
  });

  test("configured upstreams, or the scripted model by name, leave provider keys alone", () => {
    const env = { ANTHROPIC_API_KEY: "sk-1" };
    expect(load({ upstreams: [claude] }, { env }).upstreams).toHaveLength(1);
    expect(load({ upstreams: [claude] }, { env }).upstreams[0]?.credential).toEqual({ kind: "none" });
    expect(load({ scripted: { enabled: true } }, { env })).toMatchObject({ upstreams: [], scripted: { enabled: true } });
  });

  test("a server with nothing to answer is refused", () => {
    expect(refusal({ scripted: { enabled: false } })).toContain("scripted.enabled: is false and there is no upstream");
    expect(load({ scripted: { enabled: false } }, { env: { OPENAI_API_KEY: "k" } }).upstreams).toHaveLength(1);
  });

  test("credentials and headers come from the environment as secrets", () => {
    const upstream = { ...claude, credential: "env:KEY", headers: { "x-org": "plain", "x-gate": "env:GATE" } };
    const [loaded] = load({ upstreams: [upstream] }, { env: { KEY: "k1", GATE: "g1" } }).upstreams;
    expect(loaded?.credential).toMatchObject({ kind: "env", variable: "KEY" });
    expect(loaded?.headers["x-gate"]?.reveal()).toBe("g1");
    expect(loaded?.headers["x-org"]?.reveal()).toBe("plain");
    expect(load({ upstreams: [{ ...claude, credential: "passthrough" }] }).upstreams[0]?.credential).toEqual({
      kind: "passthrough",
    });
  });

  test.each([
    [
      "a missing variable",
      { credential: "env:ABSENT" },
      "upstreams[0].credential: names the environment variable ABSENT, which is not set",
    ],
    ["a key in the file", { credential: "sk-ant-key" }, "upstreams[0].credential: is not of the right form; needed: `env:NAME`"],
    ["a variable with two lines", { credential: "env:LINES" }, "names LINES, which holds characters that no header may hold"],
    ["/v1 on an Anthropic URL", { baseUrl: "https://api.anthropic.com/v1/" }, "upstreams[0].baseUrl: ends in /v1"],
    ["another scheme", { baseUrl: "ftp://host" }, "upstreams[0].baseUrl: is not a URL of this kind"],
    ["a password in the URL", { baseUrl: "https://me:pw@host" }, "holds a user name or password"],
    ["a query in the URL", { baseUrl: "https://host?key=1" }, "has a query or fragment"],
    ["a header that Millrace sets", { headers: { "X-Api-Key": "k" } }, "is set by Millrace itself"],
    ["a header with a line break", { headers: { "x-a": "1\r\nx-b: 2" } }, "holds characters that no header may hold"],
    ["a header name with a space", { headers: { "x a": "1" } }, "upstreams[0].headers: has a name that is no HTTP header name"],
    ["no models", { models: [] }, "upstreams[0].models: is too short; write at least 1"],
    ["no share", { weight: 0 }, "upstreams[0].weight: is too small; needed: number, 0.001 to 1000"],
  ])("%s is refused", (_what, wrong, message) => {
    expect(refusal({ upstreams: [{ ...claude, ...wrong }] }, { env: { LINES: "a\nb" } })).toContain(message);
  });

  test("a base URL loses the slash at its end", () => {
    const baseUrls = ["https://h/", "https://h/proxy//", "https://h"].map((baseUrl) => ({
      ...claude,
      name: `u${baseUrl.length}`,
      baseUrl,
    }));
    expect(load({ upstreams: baseUrls }).upstreams.map(({ baseUrl }) => baseUrl)).toEqual([
      "https://h",
      "https://h/proxy",
      "https://h",
    ]);
  });

  test("two of one name are refused", () => {
    expect(refusal({ upstreams: [claude, claude] })).toContain("upstreams[1].name: is the name of upstreams[0] too");
  });

  test("what is allowed but hardly meant is noticed", () => {
    const openai = { name: "local", dialect: "openai", baseUrl: "http://127.0.0.1:8000" };
    const { notices } = load({ upstreams: [openai] }, { env: { NATS_URL: "nats://x" } }).origin;
    expect(notices.join("\n")).toContain("NATS_URL is set; this version does not use it");
    expect(notices.join("\n")).toContain("upstream local has no path");
    expect(load({ upstreams: [{ ...openai, baseUrl: "http://127.0.0.1:8000/v1" }] }).origin.notices).toEqual([]);
  });
});

describe("workspaces", () => {
  test("have paths relative to the file, or to the working folder where there is none", () => {
    const workspaces = [
      { id: "app", path: "checkouts/app" },
      { id: "core", path: "/srv/core.git", tenants: ["acme"] },
    ];
    expect(load({ workspaces }, { path: "/etc/m.json" }).workspaces).toEqual([
      { id: "app", path: "/etc/checkouts/app" },
      { id: "core", path: "/srv/core.git", tenants: ["acme"] },
    ]);
    expect(load({}).workspaces).toEqual([]);
  });

  test("are told apart by id", () => {
    const same = { id: "app", path: "/srv/app" };
    expect(refusal({ workspaces: [same, { id: "core", path: "/srv" }, same] })).toContain(
      "workspaces[2].id: is the id of workspaces[0] too",
    );
  });

  test.each([
    [{ path: "/srv" }, "workspaces[0].id: is missing"],
    [{ id: "a/b", path: "/srv" }, "workspaces[0].id: is not of the right form; needed: up to 64 letters"],
    [{ id: "app" }, "workspaces[0].path: is missing"],
    [{ id: "app", path: "" }, "workspaces[0].path: is too short"],
    [{ id: "app", path: "/srv", tenants: [] }, "workspaces[0].tenants: is too short"],
    [{ id: "app", path: "/srv", tenant: "acme" }, "did you mean `tenants`?"],
  ])("%j is refused", (workspace, problem) => {
    expect(refusal({ workspaces: [workspace] })).toContain(problem);
  });
});

describe("who may call", () => {
  const open = ["0.0.0.0", "::", "example.com", "10.0.0.1", "127.0.0.1.example.com", "127.0.0.256"];
  test.each(open)("without authentication %s is refused, with it served", (host) => {
    expect(refusal({ host })).toContain("host: can be reached by other machines, but callers need no token");
    expect(refusal({}, { env: { HOST: host } })).toContain("host (environment variable HOST)");
    expect(load({ host, auth: { required: true } }).host).toBe(host);
  });

  test.each(["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])("%s is served without authentication", (host) => {
    expect(load({ host }).host).toBe(host);
  });

  const jwt = { issuer: "https://id.example", audience: "millrace" };
  test("a JWT issuer needs exactly one key that fits its algorithms", () => {
    const of = (more: object, env = {}) => refusal({ auth: { jwt: { ...jwt, ...more } } }, { env });
    const pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    expect(of({})).toContain("auth.jwt: has no key; write exactly one of");
    expect(of({ secret: "env:S", jwksUrl: "https://id.example/keys" })).toContain("has 2 keys (secret, jwksUrl)");
    expect(of({ secret: "env:S" })).toContain("auth.jwt.secret: names the environment variable S, which is not set");
    expect(of({ secret: "env:S" }, { S: "short" })).toContain("which is too short; set it to at least 32 bytes");
    expect(of({ publicKey: pem, algorithms: ["HS256"] })).toContain("does not fit `publicKey`; write ES256 or RS256");
    expect(of({ publicKey: "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----" })).toContain("auth.jwt.publicKey");
    expect(of({ jwksUrl: "http://id.example/keys" })).toContain("auth.jwt.jwksUrl: is plain http");
    expect(of({ secret: "env:S", algorithms: ["none"] }, { S: "s".repeat(32) })).toContain("auth.jwt.algorithms[0]");
  });

  test("each kind of key is understood", () => {
    const of = (more: object) => load({ auth: { jwt: { ...jwt, ...more } } }, { env: { S: "s".repeat(32) } }).auth.jwt;
    const secret = of({ secret: "env:S" });
    expect(secret?.key.kind === "secret" && secret.key.secret.reveal()).toBe("s".repeat(32));
    expect(of({ jwksUrl: "http://127.0.0.1:1/keys" })?.key).toEqual({ kind: "jwks", url: "http://127.0.0.1:1/keys" });
    expect(secret).toMatchObject({ claims: { user: "sub", team: "team", tenant: "tenant", scopes: "scope" } });
  });
});

describe("Redis", () => {
  test("its URL is a secret, from the environment or the file", () => {
    expect(load({}, { env: { REDIS_URL: "redis://:pw@h:1" } }).redisUrl?.reveal()).toBe("redis://:pw@h:1");
    expect(load({ redisUrl: "env:R" }, { env: { R: "rediss://h" } }).redisUrl?.reveal()).toBe("rediss://h");
    expect(refusal({ redisUrl: "http://h" })).toContain(
      "redisUrl: is not a URL of this kind; write one that starts with redis://",
    );
    expect(refusal({ redisUrl: "env:R" })).toContain("names the environment variable R, which is not set");
  });
});

describe("PostgreSQL", () => {
  test("its URL is a secret, from the environment or the file", () => {
    expect(load({}, { env: { DATABASE_URL: "postgres://u:pw@h/d" } }).databaseUrl?.reveal()).toBe("postgres://u:pw@h/d");
    expect(load({ databaseUrl: "env:D" }, { env: { D: "postgresql://h/d" } }).databaseUrl?.reveal()).toBe("postgresql://h/d");
    expect(refusal({ databaseUrl: "mysql://h" })).toContain("write one that starts with postgres://");
  });
});

describe("the result", () => {
  test("is frozen all the way down", () => {
    const visit = (value: unknown) => {
      if (typeof value !== "object" || value === null || value instanceof Secret) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const part of Object.values(value)) visit(part);
    };
    visit(load({ upstreams: [{ ...claude, aliases: { fast: "claude-haiku" }, headers: { "x-a": "b" } }] }));
  });

  test("prints as JSON without its origin, secrets unreadable", () => {
    const printed = configInWords(load({ redisUrl: "redis://:pw@h" }, { env: { OPENAI_API_KEY: "sk-1" } }));
    const { redisUrl, upstreams, origin } = JSON.parse(printed);
    expect(redisUrl).toBe("[secret]");
    expect(upstreams[0].credential).toEqual({ kind: "env", variable: "OPENAI_API_KEY", secret: "[secret]" });
    expect(origin).toBeUndefined();
  });
});
