import { describe, expect, test } from "bun:test";
import { MillraceError, VirtualClock } from "../../base/index.ts";
import type { Identity } from "../../gateway/index.ts";
import { type ApiRouteName, apiRoutes } from "../../wire/index.ts";
import { type ApiHandlers, type ApiResult, apiHandler } from "./api.ts";
import { ApiRate } from "./api-rate.ts";

const ADA: Identity = { tenant: "acme", team: "core", user: "ada", scopes: [], kind: "token" };
const BODY_BYTES_MAX = 2000;
const REQUESTS_PER_MINUTE = 50;

interface Told {
  name: ApiRouteName;
  params: Record<string, string>;
  query: unknown;
  body: unknown;
  identity: Identity;
}

function make(answer: (told: Told) => ApiResult | Promise<ApiResult> = () => ({ value: {} })) {
  const told: Told[] = [];
  const reported: unknown[] = [];
  const handlers = Object.fromEntries(
    Object.keys(apiRoutes).map((name) => [
      name,
      async (call: Omit<Told, "name">) => {
        told.push({ ...call, name: name as ApiRouteName });
        return answer(told.at(-1) as Told);
      },
    ]),
  ) as unknown as ApiHandlers;
  const clock = new VirtualClock();
  const handle = apiHandler({
    clock,
    rate: new ApiRate({ clock, requestsPerMinute: REQUESTS_PER_MINUTE, streamsMax: 2 }),
    version: "0.0.0-test",
    keepAliveMs: 1000,
    leaving: new AbortController().signal,
    limits: { bodyBytesMax: BODY_BYTES_MAX, bodyMs: 1000 },
    authenticate: (headers) => {
      if (headers.get("authorization") === "Bearer right") return ADA;
      return { refused: "authentication", message: "Send a token." };
    },
    handlers,
    report: (error) => reported.push(error),
  });
  const ask = async (method: string, path: string, { body, headers = {} }: { body?: unknown; headers?: HeadersInit } = {}) => {
    const all = new Headers({
      authorization: "Bearer right",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    });
    for (const [name, value] of new Headers(headers)) all.set(name, value);
    const text = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const request = new Request(`http://any${path}`, { method, headers: all, ...text });
    const response = await handle(method, new URL(request.url).pathname, request);
    if (!response) throw new Error("This path is not the API's.");
    const answered = await response.text();
    return { status: response.status, headers: response.headers, json: answered === "" ? undefined : JSON.parse(answered) };
  };
  return { ask, told, reported, handle, clock };
}

describe("finding the route", () => {
  test("by method and path; what is written out goes before what stands for anything", async () => {
    const { ask, told } = make();
    await ask("GET", "/api/threads/list");
    await ask("GET", "/api/threads/listed");
    await ask("DELETE", "/api/threads/t_1/shares/s%2F1");
    expect(told.map(({ name, params }) => [name, params])).toEqual([
      ["listThreadsToo", {}],
      ["getThread", { id: "listed" }],
      ["revokeShare", { id: "t_1", share: "s/1" }],
    ]);
  });

  test("another method is told which are served, and other paths where the list is", async () => {
    const { ask, handle } = make();
    const wrong = await ask("POST", "/api/threads/t_1");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, PUT, PATCH, DELETE"]);
    expect((await ask("POST", "/api/threads/list")).headers.get("allow")).toBe("GET");
    for (const path of ["/api/", "/api/thread", "/api/threads/", "/api/threads/%E0%A4%A", "/api/threads/a/b/c/d"]) {
      const nothing = await ask("GET", path);
      expect([path, nothing.status, nothing.json.error.code]).toEqual([path, 404, "not_found"]);
    }
    expect(handle("GET", "/apis", new Request("http://any/apis"))).toBeUndefined();
  });

  test("the document is there for anyone", async () => {
    const { ask } = make();
    const { status, json } = await ask("GET", "/api/openapi.json", { headers: { authorization: "" } });
    expect([status, json.openapi, json.info.version]).toEqual([200, "3.1.0", "0.0.0-test"]);
  });
});

describe("what is asked", () => {
  test("a caller without a credential is refused, but with a link", async () => {
    const { ask, told } = make();
    const refused = await ask("GET", "/api/threads", { headers: { authorization: "Bearer wrong" } });
    expect([refused.status, refused.json]).toEqual([401, { error: { code: "authentication", message: "Send a token." } }]);
    expect((await ask("GET", "/api/shared/abc", { headers: { authorization: "" } })).status).toBe(200);
    expect(told.map(({ name }) => name)).toEqual(["sharedThread"]);
  });

  test("query and body come as the schemas say, with defaults", async () => {
    const { ask, told } = make();
    await ask("GET", "/api/threads?limit=7&archived=true");
    await ask("POST", "/api/threads", { body: { title: "One" } });
    expect(told.map(({ query, body, identity }) => [query, body, identity])).toEqual([
      [{ orderBy: "lastActivity", limit: 7, archived: "true" }, undefined, ADA],
      [undefined, { title: "One" }, ADA],
    ]);
  });

  test.each([
    ["GET", "/api/threads?limit=201", undefined, "limit"],
    ["GET", "/api/threads?limit=0", undefined, "limit"],
    ["GET", "/api/threads?colour=red", undefined, "colour"],
    ["GET", "/api/threads?since=yesterday", undefined, "since"],
    ["POST", "/api/threads", { titel: "x" }, "titel"],
    ["POST", "/api/threads", "{", "not JSON"],
    ["POST", "/api/threads", "[]", "body"],
    ["POST", "/api/threads/t/messages", { messages: [] }, "messages"],
    ["POST", "/api/threads/t/messages", { messages: [{ id: "", role: "user", content: [] }] }, "messages.0.id"],
  ])("%s %s with %j is refused, and says where", async (method, path, body, word) => {
    const { ask, told } = make();
    const { status, json } = await ask(method, path, { body });
    expect([status, json.error.code, told.length]).toEqual([400, "invalid_request", 0]);
    expect(json.error.message).toContain(word);
  });

  test("what is no JSON by its type is refused, and what is too large", async () => {
    const { ask } = make();
    expect((await ask("POST", "/api/threads", { body: "{}", headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await ask("POST", "/api/threads", { body: { title: "x".repeat(BODY_BYTES_MAX) } })).status).toBe(413);
  });
});

describe("what is answered", () => {
  test("a value with the route's status; nothing is no body", async () => {
    const { ask } = make(({ name }) => (name === "createThread" ? { value: { id: "t" } } : {}));
    expect(await ask("POST", "/api/threads", { body: {} })).toMatchObject({ status: 201, json: { id: "t" } });
    expect(await ask("DELETE", "/api/threads/t")).toMatchObject({ status: 204, json: undefined });
  });

  test("bytes as they are, and a status that says all", async () => {
    const tagged = { etag: '"1"', "content-type": "text/plain" };
    const { handle } = make(({ name }) =>
      name === "workspaceFile"
        ? { bytes: Buffer.from("one"), headers: tagged }
        : { bytes: undefined, status: 302, headers: { location: "?x" } },
    );
    const get = (path: string) =>
      handle("GET", path.split("?")[0] ?? "", new Request(`http://any${path}`, { headers: { authorization: "Bearer right" } }));
    const file = await get("/api/workspaces/app/file?path=a");
    expect([file?.status, file?.headers.get("etag"), await file?.text()]).toEqual([200, '"1"', "one"]);
    const moved = await get("/api/assets/repomap?repository=app&commit=main");
    expect([moved?.status, moved?.headers.get("location"), await moved?.text()]).toEqual([302, "?x", ""]);
  });

  test("a refusal in one shape", async () => {
    const { ask } = make(() => ({ refused: "conflict", message: "Read it again.", version: 7 }));
    const { status, json } = await ask("PATCH", "/api/threads/t", { body: {} });
    expect([status, json]).toEqual([409, { error: { code: "conflict", message: "Read it again.", version: 7 } }]);
  });

  test("a store that is away is no error of anybody's; what no code expected is reported and not told", async () => {
    const away = make(() => Promise.reject(new MillraceError("store_unavailable", "disk at /secret is full")));
    const told = await away.ask("GET", "/api/threads");
    expect([told.status, told.headers.get("retry-after"), away.reported.length]).toEqual([503, "2", 0]);
    const broken = make(() => Promise.reject(new TypeError("secret")));
    const answer = await broken.ask("GET", "/api/threads");
    expect([answer.status, broken.reported.length]).toEqual([500, 1]);
    for (const { json } of [told, answer]) expect(JSON.stringify(json)).not.toContain("secret");
  });
});

describe("too much", () => {
  test("requests of a user are counted by the minute", async () => {
    const { ask, told, clock } = make();
    for (let count = 0; count < REQUESTS_PER_MINUTE; count++) expect((await ask("GET", "/api/threads")).status).toBe(200);
    const refused = await ask("GET", "/api/threads");
    expect([refused.status, refused.json.error.code, Number(refused.headers.get("retry-after")) > 0]).toEqual([
      429,
      "rate_limited",
      true,
    ]);
    expect(told).toHaveLength(REQUESTS_PER_MINUTE);
    await clock.advance(61_000);
    expect((await ask("GET", "/api/threads")).status).toBe(200);
  });

  test("event streams of a user are counted while they are open", async () => {
    const open: AbortController[] = [];
    async function* quiet(): AsyncGenerator<never> {
      await new Promise<void>((resolve) => open.at(-1)?.signal.addEventListener("abort", () => resolve()));
    }
    const { handle } = make(() => ({ events: quiet() }));
    const follow = () => {
      const leave = new AbortController();
      open.push(leave);
      const headers = { authorization: "Bearer right" };
      return handle(
        "GET",
        "/api/threads/t/events",
        new Request("http://any/api/threads/t/events", { headers, signal: leave.signal }),
      );
    };
    expect([(await follow())?.status, (await follow())?.status, (await follow())?.status]).toEqual([200, 200, 429]);
    open[0]?.abort();
    expect((await follow())?.status).toBe(200);
    for (const leave of open) leave.abort();
  });
});
