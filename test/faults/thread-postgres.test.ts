// Conversations in a PostgreSQL that breaks in use, and in one that several servers share: killed and frozen in the middle of
// batches, answers that are lost after the commit, transactions that commit out of order, locks taken crosswise, schemas made
// by two at once and by a newer program. Nothing acknowledged is lost, nothing is there twice.

import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { SQL } from "bun";
import { systemClock, VirtualClock } from "../../src/base/index.ts";
import type { NewThread, ThreadChangeEvent, ThreadKey, ThreadWrite } from "../../src/ports/index.ts";
import { PostgresThreadStore, type PostgresThreadStoreOptions } from "../../src/stores/postgres/index.ts";
import { AnswerSwallower } from "../kit/answer-swallower.ts";
import { type PostgresServer, startPostgres } from "../kit/postgres-engine.ts";

const CASE_MS_MAX = 60_000;
const unavailable = expect.objectContaining({ code: "store_unavailable" });
setDefaultTimeout(CASE_MS_MAX);
const postgres = await startPostgres();
const opened: PostgresThreadStore[] = [];
let schemas = 0;

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

afterAll(async () => {
  if (postgres.kind === "ready") await postgres.engine.stop();
});

function openStore(url: string, options: Partial<PostgresThreadStoreOptions> = {}): PostgresThreadStore {
  const store = new PostgresThreadStore({ url, clock: systemClock, schema: `faults${schemas}`, indexEveryMs: 0, ...options });
  opened.push(store);
  return store;
}

const create: NewThread = { user: "ada", team: "engine", createdMs: 1000, visibility: "organisation" };
const keyOf = (id: string): ThreadKey => ({ tenant: "acme", id });
const everyone = { tenant: "acme", viewer: undefined };

function append(id: string, ...clientIds: string[]): ThreadWrite {
  const messages = clientIds.map((clientId) => ({
    clientId,
    role: "user",
    author: "ada",
    atMs: 2000,
    content: [{ type: "text", text: `text of ${clientId}` }],
  }));
  return { kind: "put", key: keyOf(id), create, messages };
}

async function clientIdsOf(store: PostgresThreadStore, id: string): Promise<string[]> {
  const { messages } = await store.messages(keyOf(id), { after: 0, limit: 10_000 });
  expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
  return messages.map((message) => ("corrupt" in message ? "corrupt" : message.clientId));
}

function breaking(server: PostgresServer): void {
  test("killed in the middle of batches: calls are refused, and sent again after a restart nothing is lost or twice", async () => {
    const store = openStore(server.url);
    for (let round = 0; round < 3; round++) {
      const acknowledged: string[] = [];
      const writing = async (lane: number) => {
        for (let index = 0; ; index++) {
          const clientIds = Array.from({ length: 20 }, (_, each) => `${round}.${lane}.${index}.${each}`);
          try {
            await store.write(clientIds.map((clientId) => append(`lane ${lane}`, clientId)));
          } catch (error) {
            expect(error).toEqual(unavailable);
            return clientIds;
          }
          acknowledged.push(...clientIds);
          if (acknowledged.length >= 200) void server.kill();
        }
      };
      const unsure = await Promise.all([writing(0), writing(1)]);
      await expect(store.find(keyOf("lane 0"))).rejects.toEqual(unavailable);
      await server.restart();
      for (const [lane, clientIds] of unsure.entries()) await store.write([append(`lane ${lane}`, ...clientIds)]);
      const kept = [...(await clientIdsOf(store, "lane 0")), ...(await clientIdsOf(store, "lane 1"))];
      expect(new Set(kept).size).toBe(kept.length);
      expect(kept).toEqual(expect.arrayContaining([...acknowledged, ...unsure.flat()]));
    }
  });

  test("frozen: calls are refused after their limit, those that wait for a connection too; thawed, it goes on", async () => {
    const clock = new VirtualClock(0, setImmediate);
    const store = openStore(server.url, { clock, statementTimeoutMs: 2000, readersMax: 1, writersMax: 1 });
    await store.write([append("one", "first")]);
    server.freeze();
    const calls = [store.write([append("one", "second")]), store.write([append("one", "third")])];
    const questions = [store.find(keyOf("one")), store.list(everyone, { limit: 1 })];
    const outcomes = Promise.allSettled([...calls, ...questions]);
    await clock.advance(3000);
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: "rejected", reason: unavailable });
    server.thaw();
    await store.write([append("one", "second", "third")]);
    expect((await clientIdsOf(store, "one")).toSorted()).toEqual(["first", "second", "third"]);
  });

  test("an answer that is lost after the commit: sent again, nothing is there twice", async () => {
    const swallower = await AnswerSwallower.start(server.port);
    const store = openStore(server.url.replace(/:\d+\//, `:${swallower.port}/`));
    await store.write([append("one", "first")]);
    const batch: ThreadWrite[] = [
      append("one", "second", "third"),
      append("two", "fourth"),
      { kind: "draft", key: keyOf("one"), draft: "answer", from: 0, text: "so far", atMs: 3000 },
      { kind: "put", key: keyOf("one"), change: { title: "Named" } },
    ];
    swallower.swallowAnswerTo("COMMIT");
    await expect(store.write(batch)).rejects.toEqual(unavailable);
    expect(swallower.swallowed).toBe(1);
    const before = await store.changes(0, 100);
    expect(before.length).toBe(4); // It was committed.
    expect(await store.write(batch)).toEqual([
      { kind: "written", version: 3, sequences: [2, 3], isNew: false },
      { kind: "written", version: 1, sequences: [1], isNew: false },
      { kind: "written", version: 3, sequences: [], isNew: false },
      { kind: "written", version: 3, sequences: [], isNew: false },
    ]);
    expect(await store.changes(0, 100)).toEqual(before);
    expect(await clientIdsOf(store, "one")).toEqual(["first", "second", "third"]);
    expect((await store.messages(keyOf("one"), { after: 0, limit: 9 })).drafts.map(({ text }) => text)).toEqual(["so far"]);
    swallower.stop();
  });

  test("who asks too much at once is refused at once; closing ends what waits", async () => {
    const store = openStore(server.url, { callsMax: 2, readersMax: 1 });
    await store.ready();
    server.freeze();
    const waiting = Promise.allSettled([store.find(keyOf("one")), store.find(keyOf("two"))]);
    await store.ready(); // So that the two are on their way.
    await expect(store.find(keyOf("three"))).rejects.toEqual(unavailable);
    await store.close();
    for (const outcome of await waiting) expect(outcome).toEqual({ status: "rejected", reason: unavailable });
    server.thaw();
  });
}

function refusing(server: PostgresServer): void {
  test("a write that PostgreSQL refuses fails alone, wherever in the batch it is", async () => {
    const store = openStore(server.url);
    // More than a page of an index holds, and random, so that it cannot be compressed.
    const endless = Buffer.from(crypto.getRandomValues(new Uint8Array(9000))).toString("base64");
    for (const place of [0, 3, 8]) {
      const writes = Array.from({ length: 9 }, (_, index) =>
        append(`thread ${index}`, index === place ? endless : `to ${place}`),
      );
      const kinds = (await store.write(writes)).map(({ kind }) => kind);
      expect(kinds).toEqual(writes.map((_, index) => (index === place ? "invalid" : "written")));
    }
    expect(await clientIdsOf(store, "thread 3")).toEqual(["to 0", "to 8"]);
  });

  test("large content is kept once a tenant, until the last thread that has it is gone; a broken record is named alone", async () => {
    const store = openStore(server.url);
    const admin = new SQL(server.url, { max: 1 });
    const count = async () => (await admin.unsafe(`SELECT count(*)::int AS count FROM faults${schemas}.blob`))[0].count;
    const content = [{ type: "text", text: "a long file \0 \u{1F600} ".repeat(5000) }];
    const large = { clientId: "large", role: "user", author: "ada", atMs: 1, content };
    const puts = ["one", "two"].map((id): ThreadWrite => ({ kind: "put", key: keyOf(id), create, messages: [large] }));
    await store.write([...puts, append("one", "small"), append("one", "broken")]);
    expect(await count()).toBe(1);
    await admin.unsafe(`UPDATE faults${schemas}.message SET record = set_byte(record, 20, 0) WHERE client_id = 'broken'`);
    const { messages } = await store.messages(keyOf("one"), { after: 0, limit: 9, backwards: true });
    expect(messages[0]).toEqual({ sequence: 3, corrupt: true });
    expect(messages[2]).toEqual({ ...large, sequence: 1 });
    await store.catchUp();
    expect((await store.search(everyone, "LONG file", { limit: 9 })).hits.length).toBe(2);
    await store.write([{ kind: "delete", key: keyOf("one"), atMs: 5 }]);
    expect(await count()).toBe(1);
    expect((await store.messages(keyOf("two"), { after: 0, limit: 9 })).messages).toEqual([{ ...large, sequence: 1 }]);
    await store.write([{ kind: "delete", key: keyOf("two"), atMs: 5 }]);
    expect(await count()).toBe(0);
    await admin.close();
  });

  test("names that PostgreSQL cannot keep are told before", async () => {
    const store = openStore(server.url);
    const outcomes = await store.write([
      append("nul \0", "a"),
      append("half \ud83d", "a"),
      append("fine", "n\0"),
      append("fine", "a"),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["invalid", "invalid", "invalid", "written"]);
  });

  test("a schema of a newer program is refused by its version", async () => {
    await openStore(server.url).ready();
    const admin = new SQL(server.url, { max: 1 });
    await admin.unsafe(`UPDATE faults${schemas}.meta SET version = 99`);
    await admin.close();
    const error = expect.objectContaining({ code: "store_corrupt", message: expect.stringContaining("version 99") });
    await expect(openStore(server.url).ready()).rejects.toEqual(error);
    await expect(openStore(server.url).find(keyOf("one"))).rejects.toEqual(error);
  });

  test("the password of an address that nobody answers is in no message", async () => {
    const store = openStore("postgres://ada:hunter2@127.0.0.1:1/db");
    const error = await store.ready().catch((reason: unknown) => reason);
    expect(error).toEqual(unavailable);
    expect(Bun.inspect(error)).not.toContain("hunter2");
  });
}

function sharing(server: PostgresServer): void {
  test("servers that start at once make the schema once", async () => {
    const stores = Array.from({ length: 6 }, () => openStore(server.url));
    await Promise.all(stores.map((store) => store.ready()));
    await Promise.all(stores.map((store, index) => store.write([append("one", `by ${index}`)])));
    expect((await clientIdsOf(openStore(server.url), "one")).length).toBe(6);
  });

  test("tables that were partitioned by tenant, as the page of the stores says, serve as before", async () => {
    const store = openStore(server.url);
    await store.write([append("one", "first"), append("two", "second")]);
    const page = await Bun.file(join(import.meta.dir, "../../src/stores/README.md")).text();
    const [, recipe = ""] = page.match(/```sql\n([^`]*)```/) ?? [];
    const admin = new SQL(server.url, { max: 1 });
    for (const table of ["message", "thread", "blob", "blob_use", "draft", "share", "search"]) {
      const settings = table === "message" ? recipe : recipe.replaceAll(" WITH (toast_tuple_target = 4080)", "");
      await admin.unsafe(settings.replaceAll("millrace.", `faults${schemas}.`).replaceAll("message", table)).simple();
    }
    await admin.close();
    const again = openStore(server.url);
    await again.write([
      append("one", "first", "third"),
      append("three", "fourth"),
      { kind: "delete", key: keyOf("two"), atMs: 9 },
    ]);
    expect(await clientIdsOf(again, "one")).toEqual(["first", "third"]);
    expect((await again.list(everyone, { limit: 9 })).map(({ id }) => id)).toEqual(["three", "one"]);
    await again.catchUp();
    expect((await again.search(everyone, "text", { limit: 9 })).hits.length).toBe(3);
    expect((await again.totals(everyone)).threads).toBe(2);
  });

  test("what a server knows of a thread is nothing when another has written or deleted it: numbers go on, nothing comes back", async () => {
    const [one, other] = [openStore(server.url), openStore(server.url)];
    const again = append("turns", "2");
    for (const [turn, store] of [one, one, other, one, other, other, one].entries())
      expect(await store.write([append("turns", String(turn)), append(`own of ${turn}`, "first")])).toMatchObject([
        { kind: "written", version: turn + 1, sequences: [turn + 1] },
        { kind: "written", version: 1 },
      ]);
    expect(await one.write([again])).toEqual([{ kind: "written", version: 7, sequences: [3], isNew: false }]);
    expect((await clientIdsOf(one, "turns")).length).toBe(7);
    expect((await other.find(keyOf("turns")))?.thread).toMatchObject({ version: 7, messages: 7 });
    await one.write([append("turns", "last")]);
    await other.write([{ kind: "delete", key: keyOf("turns"), atMs: 5 }]);
    expect(await one.write([append("turns", "too late")])).toEqual([{ kind: "missing" }]);
    expect(await clientIdsOf(one, "turns")).toEqual([]);
  });

  test("threads taken crosswise: no deadlock, no gap, nothing lost", async () => {
    const admin = new SQL(server.url, { max: 1 });
    const deadlocks = async () => Number((await admin.unsafe("SELECT sum(deadlocks) AS count FROM pg_stat_database"))[0].count);
    const before = await deadlocks();
    const stores = [openStore(server.url), openStore(server.url), openStore(server.url)];
    const ids = Array.from({ length: 20 }, (_, index) => `thread ${index}`);
    const rounds = Array.from({ length: 15 }, (_, round) => round);
    await Promise.all(
      stores.map(async (store, index) => {
        const order = index % 2 === 0 ? ids : ids.toReversed();
        for (const round of rounds) await store.write(order.map((id) => append(id, `${index}.${round}`)));
      }),
    );
    for (const id of ids)
      expect((await clientIdsOf(stores[0] as PostgresThreadStore, id)).length).toBe(stores.length * rounds.length);
    expect(await deadlocks()).toBe(before);
    await admin.close();
  });

  test("two servers that begin threads for the same sessions: one of them has each", async () => {
    const begin = (server: number, session: number): ThreadWrite => ({
      kind: "put",
      key: keyOf(`${server} for ${session}`),
      create: { ...create, session: `session ${session}` },
    });
    const sessions = Array.from({ length: 30 }, (_, index) => index);
    const stores = [openStore(server.url), openStore(server.url)];
    const outcomes = await Promise.all(
      stores.map((store, index) => {
        const order = index === 0 ? sessions : sessions.toReversed();
        return store.write(order.map((session) => begin(index, session)));
      }),
    );
    expect(outcomes.flat().filter(({ kind }) => kind === "written").length).toBe(sessions.length);
    expect(outcomes.flat().filter(({ kind }) => kind === "taken").length).toBe(sessions.length);
    expect((await openStore(server.url).totals(everyone)).threads).toBe(sessions.length);
  });

  test("a transaction that began earlier and commits later is not skipped by who follows the changes", async () => {
    const [early, late] = [openStore(server.url), openStore(server.url)];
    await early.write([append("a", "first"), append("b", "first")]);
    const seen: ThreadChangeEvent[] = [];
    const follow = async () => seen.push(...(await late.changes(seen.at(-1)?.position ?? 0, 100)));
    await follow();
    // Somebody holds the second of two threads: the batch of both has its number, and waits with it.
    const admin = new SQL(server.url, { max: 2 });
    const holder = await admin.reserve();
    await holder.unsafe("BEGIN");
    await holder.unsafe(`SELECT FROM faults${schemas}.thread WHERE id = 'b' FOR UPDATE`);
    const writing = early.write([append("a", "second"), append("b", "second")]);
    const isWaiting = async () => {
      const [row] = await admin.unsafe("SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted");
      return row.count > 0;
    };
    while (!(await isWaiting()));
    await late.write([append("c", "committed before it")]);
    await follow();
    await holder.unsafe("ROLLBACK");
    await writing;
    await follow();
    holder.release();
    await admin.close();
    expect(seen.map(({ key, version }) => `${key.id}${version}`).toSorted()).toEqual(["a1", "a2", "b1", "b2", "c1"]);
    expect(seen).toEqual(seen.toSorted((one, other) => one.position - other.position));
  });

  test("changes go once they are indexed and old enough, the oldest first; their positions are not used again", async () => {
    const clock = new VirtualClock(1_000_000, setImmediate);
    const store = openStore(server.url, { clock, changesKeptMs: 100_000 });
    const kept = async () => (await store.changes(0, 100)).map(({ key }) => key.id);
    await store.write([append("old", "first")]);
    await store.catchUp();
    await clock.advance(61_000);
    await store.catchUp(); // Marks how far the index was.
    await store.write([append("not indexed", "first")]);
    const last = (await store.changes(0, 100)).at(-1)?.position ?? 0;
    await clock.advance(61_000);
    await store.catchUp();
    expect(await kept()).toEqual(["old", "not indexed"]);
    await clock.advance(61_000);
    await store.catchUp();
    expect(await kept()).toEqual(["not indexed"]);
    for (let minutes = 0; minutes < 4; minutes++) {
      await clock.advance(61_000);
      await store.catchUp();
    }
    expect(await kept()).toEqual([]);
    const again = openStore(server.url, { clock });
    await again.write([append("new", "first")]);
    expect((await again.changes(0, 100))[0]?.position).toBeGreaterThan(last);
    expect((await again.search(everyone, "first", { limit: 9 })).hits.length).toBe(2);
  });

  test("one server fills the search of all, behind the writes; what may not be seen is not found before it knows", async () => {
    const clock = new VirtualClock(0, setImmediate);
    const [filling, asking] = [openStore(server.url, { clock, indexEveryMs: 500 }), openStore(server.url)];
    const bob = { tenant: "acme", viewer: { user: "bob", team: "other" } };
    await filling.write([append("one", "needle")]);
    const count = async () => (await asking.search(bob, "NEEDLE", { limit: 9 })).hits.length;
    expect(await count()).toBe(0);
    while ((await count()) === 0) await clock.advance(100);
    await asking.write([{ kind: "put", key: keyOf("one"), change: { visibility: "private" } }]);
    expect(await count()).toBe(0);
    await asking.write([{ kind: "put", key: keyOf("one"), change: { visibility: "organisation" } }]);
    await asking.catchUp();
    expect(await count()).toBe(1);
    await asking.write([{ kind: "delete", key: keyOf("one"), atMs: 5000 }]);
    expect(await count()).toBe(0);
  });
}

describe("threads in PostgreSQL", () => {
  if (postgres.kind === "missing") {
    test.skip(`skipped: faults of PostgreSQL (${postgres.reason})`, () => {});
    return;
  }
  const server = postgres.engine;
  afterEach(() => {
    schemas++;
  });
  breaking(server);
  refusing(server);
  sharing(server);
});
