// Threads through the whole server, over HTTP, on the default engine: written, listed, found, shared, kept apart, and there again
// after a restart.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WireThread } from "../../src/wire/index.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const dataDir = mkdtempSync(join(tmpdir(), "millrace-threads-"));
let millrace: Millrace;
const keys: Record<string, string> = {};

const start = () => startMillrace({ config: { auth: { required: true }, cache: { enabled: false } }, dataDir });

beforeAll(async () => {
  millrace = await start();
  const callers = { ada: "core", bob: "core", eve: "sales" };
  for (const [user, team] of Object.entries(callers)) keys[user] = (await millrace.token({ user, team, tenant: "acme" })).token;
  keys.mallory = (await millrace.token({ user: "ada", team: "core", tenant: "other" })).token;
});
afterAll(async () => {
  await millrace.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Page {
  threads: (WireThread & { found?: { sequence: number; excerpt: string } })[];
  next?: string;
}

interface Refused {
  error: { code: string; message: string; version?: number };
}

/** @param who whose token, or nobody's */
async function call<Answer = Refused>(
  who: string | undefined,
  method: string,
  path: string,
  body?: object,
  headers: object = {},
) {
  const answer = await fetch(`${millrace.url}${path}`, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Bearer ${keys[who]}` }),
      ...(body ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  return { status: answer.status, json: (text === "" ? undefined : JSON.parse(text)) as Answer };
}

const say = (id: string, text: string, role = "user") => ({ id, role, content: [{ type: "text", text }] });
const create = async (who: string, body: object = {}) => (await call<WireThread>(who, "POST", "/api/threads", body)).json;

describe("one thread", () => {
  test("is written, read in pages both ways, and there again after a restart", async () => {
    const thread = await create("ada", { title: "Why the build fails", messages: [say("m1", "The build fails.")], tags: ["ci"] });
    expect(thread).toMatchObject({ title: "Why the build fails", user: "ada", team: "core", visibility: "private", messages: 1 });
    const path = `/api/threads/${thread.id}`;
    const many = Array.from({ length: 9 }, (_, at) => say(`m${at + 2}`, `line ${at + 2}`, at % 2 === 0 ? "assistant" : "user"));
    const first = await call<{ version: number; sequences: number[] }>("ada", "POST", `${path}/messages`, { messages: many });
    expect([first.status, first.json.sequences]).toEqual([200, [2, 3, 4, 5, 6, 7, 8, 9, 10]]);
    const again = await call<{ version: number; sequences: number[] }>("ada", "POST", `${path}/messages`, { messages: many });
    expect(again.json.sequences).toEqual(first.json.sequences);
    await millrace.stop();
    millrace = await start();
    type Messages = { messages: { sequence: number; author: string }[]; next?: number };
    const page = (query: string) => call<Messages>("ada", "GET", `${path}/messages?${query}`);
    const all = await page("limit=200");
    expect(all.json.messages.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(all.json.messages[0]?.author).toBe("ada");
    expect(all.json.next).toBeUndefined();
    const middle = await page("limit=3&after=4");
    expect([middle.json.messages.map(({ sequence }) => sequence), middle.json.next]).toEqual([[5, 6, 7], 7]);
    const newest = await page("limit=3&order=newest");
    expect(newest.json.messages.map(({ sequence }) => sequence)).toEqual([10, 9, 8]);
    expect((await call<WireThread>("ada", "GET", path)).json).toMatchObject({ messages: 10, tags: ["ci"], excerpt: "line 10" });
  });

  test("a change on top of another version is told the current one, and nothing is lost", async () => {
    const { id, version } = await create("ada", { title: "One" });
    const path = `/api/threads/${id}`;
    const mine = await call<WireThread>("ada", "PUT", path, { title: "Two" }, { "x-sync-version": String(version) });
    expect([mine.status, mine.json.title]).toEqual([200, "Two"]);
    const late = await call("ada", "PUT", path, { title: "Three" }, { "x-sync-version": String(version) });
    expect([late.status, late.json.error.code, late.json.error.version]).toEqual([409, "conflict", mine.json.version]);
    expect((await call<WireThread>("ada", "GET", path)).json.title).toBe("Two");
    expect((await call("ada", "PATCH", path, { title: "x" }, { "x-sync-version": "new" })).status).toBe(400);
  });

  test("that was removed is gone, and its id stays taken", async () => {
    const { id } = await create("ada", { id: "mine", messages: [say("a", "vanishing words")] });
    expect((await call("ada", "DELETE", `/api/threads/${id}`)).status).toBe(204);
    for (const path of [`/api/threads/${id}`, `/api/threads/${id}/messages`])
      expect((await call("ada", "GET", path)).status).toBe(404);
    expect((await call("ada", "POST", "/api/threads", { id: "mine" })).status).not.toBe(201);
  });
});

describe("rights", () => {
  test("what is not shown to a caller is not there; what is shown is not theirs to change", async () => {
    const { id } = await create("ada", { title: "Rights", messages: [say("r1", "a quiet xylophone")] });
    const path = `/api/threads/${id}`;
    const seenBy = async () => {
      const callers = ["ada", "bob", "eve", "mallory"];
      const found = await Promise.all(callers.map((who) => call(who, "GET", path)));
      return callers.filter((_, at) => found[at]?.status === 200);
    };
    expect(await seenBy()).toEqual(["ada"]);
    for (const [visibility, readers] of [
      ["team", ["ada", "bob"]],
      ["organisation", ["ada", "bob", "eve"]],
      ["private", ["ada"]],
    ] as const) {
      expect((await call("ada", "POST", `${path}/share`, { visibility })).status).toBe(200);
      expect(await seenBy()).toEqual([...readers]);
      for (const who of ["bob", "eve", "mallory"]) {
        const expected = (readers as readonly string[]).includes(who) ? 403 : 404;
        for (const [method, body] of [["PATCH", { title: "x" }] as const, ["DELETE", undefined] as const])
          expect([who, visibility, (await call(who, method, path, body)).status]).toEqual([who, visibility, expected]);
      }
      const listed = await call<Page>("bob", "GET", "/api/threads?limit=200");
      expect(listed.json.threads.some((thread) => thread.id === id)).toBe((readers as readonly string[]).includes("bob"));
    }
    expect((await call(undefined, "GET", path)).status).toBe(401);
  });

  test("a link opens the thread for whoever has it, until it is revoked", async () => {
    const { id } = await create("ada", { title: "Linked", messages: [say("l1", "for your eyes")] });
    type Link = { link: string; share: { id: string } };
    const { json } = await call<Link>("ada", "POST", `/api/threads/${id}/share`, { visibility: "link" });
    expect(json.link).toMatch(/^\/api\/shared\/[A-Za-z0-9_-]{22}$/);
    const opened = await call<WireThread>(undefined, "GET", json.link);
    expect([opened.status, opened.json.title]).toEqual([200, "Linked"]);
    expect((await call(undefined, "GET", `${json.link}/messages`)).status).toBe(200);
    expect((await call("bob", "GET", `/api/threads/${id}`)).status).toBe(404);
    const shares = await call<{ shares: { id: string }[] }>("ada", "GET", `/api/threads/${id}/shares`);
    expect(shares.json.shares.map((share) => share.id)).toEqual([json.share.id]);
    expect((await call("bob", "DELETE", `/api/threads/${id}/shares/${json.share.id}`)).status).toBe(404);
    expect((await call("ada", "DELETE", `/api/threads/${id}/shares/${json.share.id}`)).status).toBe(204);
    for (const path of [json.link, `${json.link}/messages`]) expect((await call(undefined, "GET", path)).status).toBe(404);
    expect(millrace.logText()).not.toContain(json.link.slice(-22));
  });
});

describe("listing and finding", () => {
  test("pages by cursor hold each thread once, last active first; a cursor is good for its own question", async () => {
    const made: string[] = [];
    for (let at = 0; at < 25; at++)
      made.push((await create("eve", { title: `Listed ${at}`, client: at % 2 === 0 ? "codex" : "opencode" })).id);
    const seen: string[] = [];
    let next: string | undefined = "";
    while (next !== undefined) {
      const page: { json: Page } = await call<Page>(
        "eve",
        "GET",
        `/api/threads/list?limit=10&user=eve${next === "" ? "" : `&after=${next}`}`,
      );
      seen.push(...page.json.threads.map(({ id }) => id));
      next = page.json.next;
    }
    expect(seen).toEqual(made.toReversed());
    const codex = await call<Page>("eve", "GET", "/api/threads?limit=5&client=codex");
    expect(codex.json.threads.map(({ client }) => client)).toEqual(Array.from({ length: 5 }, () => "codex"));
    for (const after of [codex.json.next, "forged", "eyJ9"]) {
      const refused = await call("eve", "GET", `/api/threads?limit=5&client=opencode&after=${after}`);
      expect([refused.status, refused.json.error.code]).toEqual([400, "invalid_request"]);
    }
  });

  test("words find their message for those who may read it", async () => {
    const { id } = await create("bob", {
      title: "Searched",
      messages: [say("s1", "Nothing."), say("s2", 'A heliotrope "zebra" OR NEAR(')],
    });
    const find = async (who: string, words: string) =>
      (await call<Page>(who, "GET", `/api/threads?q=${encodeURIComponent(words)}`)).json.threads;
    let found = await find("bob", "zebra heliotrope");
    while (found.length === 0) found = await find("bob", "zebra heliotrope");
    expect(found.map((thread) => [thread.id, thread.found?.sequence])).toEqual([[id, 2]]);
    expect(await find("ada", "zebra heliotrope")).toEqual([]);
    for (const words of ['"', "NEAR(", "zebra OR nothing", "*", "a AND b) --", "\u0000"])
      expect(Array.isArray(await find("bob", words))).toBe(true);
  });
});

test("who the caller is, and the document of it all", async () => {
  expect((await call<object>("eve", "GET", "/api/auth/verify")).json).toMatchObject({
    tenant: "acme",
    user: "eve",
    team: "sales",
    kind: "token",
  });
  expect((await call<{ openapi: string }>(undefined, "GET", "/api/openapi.json")).json.openapi).toBe("3.1.0");
});

test("a message of 100 MB is refused, and the thread goes on", async () => {
  const { id } = await create("ada", { title: "Large", messages: [say("1", "small")] });
  const large = await call("ada", "POST", `/api/threads/${id}/messages`, { messages: [say("2", "x".repeat(100_000_000))] });
  expect([large.status, large.json.error.code]).toEqual([413, "too_large"]);
  const over = await call("ada", "POST", `/api/threads/${id}/messages`, { messages: [say("2", "x".repeat(17 * 1024 * 1024))] });
  expect([over.status, over.json.error.code]).toEqual([413, "too_large"]);
  const next = await call<{ sequences: number[] }>("ada", "POST", `/api/threads/${id}/messages`, {
    messages: [say("2", "small")],
  });
  expect([next.status, next.json.sequences]).toEqual([200, [2]]);
});
