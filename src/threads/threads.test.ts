import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../base/index.ts";
import type { Json, NewMessage } from "../ports/index.ts";
import { MemoryThreadStore } from "../stores/memory/index.ts";
import { ADMIN_SCOPE, type Caller } from "./caller.ts";
import type { Outcome } from "./outcome.ts";
import { ada, service } from "./testing.ts";
import { THREAD_POLICY } from "./thread-policy.ts";

const bob: Caller = { ...ada, user: "bob" };
const cleo: Caller = { ...ada, user: "cleo", team: "web" };
const stranger: Caller = { ...ada, tenant: "other" };
const admin: Caller = { ...cleo, user: "root", scopes: [ADMIN_SCOPE] };

const says = (clientId: string, text = clientId): NewMessage => ({
  ...{ clientId, role: "user", author: "ada", atMs: 1 },
  content: [{ type: "text", text }],
});

function got<Value>(outcome: Outcome<Value>): Value {
  if (outcome.kind !== "done") throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

describe("rights", () => {
  const ways = ["get", "messages", "append", "patch", "delete", "share", "shares"] as const;
  const call = (threads: ReturnType<typeof service>["threads"], caller: Caller, way: (typeof ways)[number], id: string) => {
    if (way === "messages") return threads.messages(caller, id, { after: 0, limit: 10 });
    if (way === "append") return threads.append(caller, id, [says("x")]);
    if (way === "patch") return threads.patch(caller, id, undefined, { title: "mine" });
    if (way === "share") return threads.share(caller, id, { visibility: "link" });
    return threads[way](caller, id);
  };

  test.each(ways)("%s: a thread that is not shown to the caller is missing, whoever asks", async (way) => {
    const { threads } = service(new MemoryThreadStore());
    const { id } = got(await threads.create(ada, { title: "one" }));
    for (const caller of [bob, cleo, stranger]) {
      expect(await call(threads, caller, way, id)).toEqual({ kind: "missing" });
      expect(await call(threads, caller, way, "t_none")).toEqual({ kind: "missing" });
    }
    expect((await call(threads, ada, way, id)).kind).toBe("done");
  });

  test.each(["append", "patch", "delete", "share"] as const)("%s: what one may read is not one's to change", async (way) => {
    const { threads } = service(new MemoryThreadStore());
    const { id } = got(await threads.create(ada, { visibility: "team" }));
    expect((await call(threads, bob, way, id)).kind).toBe("forbidden");
    expect((await call(threads, cleo, way, id)).kind).toBe("missing");
    expect((await call(threads, admin, way, id)).kind).toBe("done");
  });

  test("team and organisation see what is shown to them, in pages and hits too", async () => {
    const { threads } = service(new MemoryThreadStore());
    for (const visibility of ["private", "team", "organisation"] as const) {
      await threads.create(ada, { visibility, title: visibility, messages: [says(visibility, "needle")] });
    }
    const titles = async (caller: Caller) => {
      const listed = got(await threads.list(caller, {}, { limit: 10 })).threads.map(({ title }) => title);
      const found = got(await threads.search(caller, {}, "needle", { limit: 10 })).hits.map(({ thread }) => thread.title);
      expect(found.sort()).toEqual(listed.sort());
      return listed;
    };
    expect(await titles(ada)).toHaveLength(3);
    expect(await titles(bob)).toEqual(["organisation", "team"]);
    expect(await titles(cleo)).toEqual(["organisation"]);
    expect(await titles(admin)).toHaveLength(3);
    expect(await titles(stranger)).toEqual([]);
  });

  test("a taken id of somebody else's is not told as such", async () => {
    const { threads } = service(new MemoryThreadStore());
    got(await threads.create(ada, { id: "plan" }));
    expect(await threads.create(bob, { id: "plan" })).toEqual({ kind: "invalid", why: "Choose another id." });
    expect(await threads.create(ada, { id: "plan" })).toEqual({ kind: "conflict", version: 1 });
    expect((await threads.create(stranger, { id: "plan" })).kind).toBe("done");
  });
});

describe("put", () => {
  test("a conflict tells the version there is, and nothing of either side is lost", async () => {
    const { threads } = service(new MemoryThreadStore());
    const first = got(await threads.put(ada, "plan", 0, { title: "a", messages: [says("1")] }));
    const second = got(await threads.put(ada, "plan", first.version, { messages: [says("1"), says("2")] }));
    expect(await threads.put(ada, "plan", first.version, { title: "b", messages: [says("3")] })).toEqual({
      kind: "conflict",
      version: second.version,
    });
    const third = got(await threads.put(ada, "plan", second.version, { title: "b", messages: [says("3")] }));
    expect(third).toMatchObject({ title: "b", messages: 3 });
    expect(await threads.put(ada, "none", 7, {})).toEqual({ kind: "missing" });
  });
});

describe("cursors", () => {
  test("pages join without gap or repeat; a forged or foreign cursor is a clear error", async () => {
    const { threads } = service(new MemoryThreadStore());
    for (let index = 0; index < 7; index++) await threads.create(ada, { id: `n${index}` });
    const seen: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const page = got(await threads.list(ada, {}, { limit: 3, after }));
      seen.push(...page.threads.map(({ id }) => id));
      after = page.next;
      pages++;
    } while (after !== undefined);
    expect(seen).toEqual(["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
    expect(pages).toBe(3);
    const { next = "" } = got(await threads.list(ada, {}, { limit: 3 }));
    const bad = {
      kind: "invalid",
      why: "`after` is not the `next` of a page of this very listing: begin again without it.",
    } as const;
    expect(await threads.list(bob, {}, { limit: 3, after: next })).toEqual(bad);
    expect(await threads.list(stranger, {}, { limit: 3, after: next })).toEqual(bad);
    expect(await threads.list(ada, { archived: false }, { limit: 3, after: next })).toEqual(bad);
    expect(await threads.search(ada, {}, "x", { limit: 3, after: next })).toEqual(bad);
    for (const forged of ["", "x", `${next}x`, next.slice(1), next.replace("c1", "c2"), "c1..", "a".repeat(2000)]) {
      expect(await threads.list(ada, {}, { limit: 3, after: forged })).toEqual(bad);
    }
    expect((await threads.list(ada, {}, { limit: 201 })).kind).toBe("invalid");
  });
});

describe("links", () => {
  test("a token opens the thread until it is over or revoked, is told once, and is nowhere kept", async () => {
    const clock = new VirtualClock(undefined, setImmediate);
    const { threads, store } = service(new MemoryThreadStore(), {}, clock);
    const { id } = got(await threads.create(ada, { messages: [says("1")] }));
    const ends = got(await threads.share(ada, id, { visibility: "link", expiresMs: clock.now() + 1000 }));
    const stays = got(await threads.share(ada, id, { visibility: "link" }));
    expect(Buffer.from(stays.token ?? "", "base64url")).toHaveLength(16);
    expect(JSON.stringify(store.writes)).not.toContain(stays.token ?? "");
    expect(got(await threads.open(stays.token ?? ""))).toMatchObject({ id, shares: [] });
    expect(got(await threads.openMessages(ends.token ?? "", { after: 0, limit: 5 })).messages).toHaveLength(1);
    await clock.advance(1000);
    expect(await threads.open(ends.token ?? "")).toEqual({ kind: "missing" });
    expect((await threads.revoke(bob, id, stays.share?.id ?? "")).kind).toBe("missing");
    expect(got(await threads.revoke(ada, id, stays.share?.id ?? "")).revokedMs).toBe(clock.now());
    expect(await threads.openMessages(stays.token ?? "", { after: 0, limit: 5 })).toEqual({ kind: "missing" });
    expect(await threads.open("wrong")).toEqual({ kind: "missing" });
  });

  test("a policy forbids links, made before too, or bounds their days; it says what threads are by default", async () => {
    let policy = { ...THREAD_POLICY, visibility: "team" as const, linkDaysMax: 1 as number | undefined };
    const { threads, clock } = service(new MemoryThreadStore(), { policyOf: () => policy });
    const { id, visibility } = got(await threads.create(ada, {}));
    expect(visibility).toBe("team");
    expect((await threads.share(ada, id, { visibility: "link" })).kind).toBe("invalid");
    const { token = "" } = got(await threads.share(ada, id, { visibility: "link", expiresMs: clock.now() + 86_400_000 }));
    policy = { ...policy, links: false };
    expect((await threads.share(ada, id, { visibility: "link" })).kind).toBe("forbidden");
    expect(await threads.open(token)).toEqual({ kind: "missing" });
  });

  test("who shared what when is kept, and outlives the thread", async () => {
    const { threads, clock } = service(new MemoryThreadStore());
    const { id } = got(await threads.create(ada, {}));
    const { share } = got(await threads.share(ada, id, { visibility: "link" }));
    await threads.share(ada, id, { visibility: "organisation" });
    await threads.revoke(admin, id, share?.id ?? "");
    await threads.delete(ada, id);
    const { messages } = await threads.audit.read("acme", clock.now(), 0, 50);
    const entries = messages.map((entry) => ("content" in entry ? [entry.author, ...entry.content] : []));
    expect(entries).toEqual([
      ["ada", { action: "share", thread: id, share: share?.id ?? "" }],
      ["ada", { action: "visibility", thread: id, from: "private", to: "organisation" }],
      ["root", { action: "revoke", thread: id, share: share?.id ?? "" }],
      ["ada", { action: "delete", thread: id }],
    ]);
    expect((await threads.list(admin, {}, { limit: 10 })).kind).toBe("done");
    expect(got(await threads.list(admin, {}, { limit: 10 })).threads).toEqual([]);
  });
});

test("sizes are bounded, and secrets are taken out before anything is stored", async () => {
  const { threads, store } = service(new MemoryThreadStore(), { limits: { messageBytesMax: 100 } });
  expect((await threads.create(ada, { messages: [says("1", "x".repeat(200))] })).kind).toBe("too_large");
  expect((await threads.create(ada, { title: "x".repeat(501) })).kind).toBe("invalid");
  expect((await threads.create(ada, { id: "../x" })).kind).toBe("invalid");
  const nested = (levels: number): Json => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  const deep = (levels: number) => threads.create(ada, { messages: [{ ...says("1", ""), content: [nested(levels)] }] });
  expect(await deep(30_000)).toMatchObject({ kind: "invalid", why: "A message is nested at most 128 levels deep." });
  expect((await deep(40)).kind).toBe("done");
  await threads.create(ada, { messages: [says("1", `ghp_${"a1".repeat(18)}`)] });
  expect(JSON.stringify(store.writes)).not.toContain("ghp_");
  expect(() => service(new MemoryThreadStore(), { limits: { writeBytesMax: 0 } })).toThrow(/writeBytesMax/);
});
