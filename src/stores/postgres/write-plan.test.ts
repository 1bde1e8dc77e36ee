import { expect, test } from "bun:test";
import type { NewMessage, Thread, ThreadWrite } from "../../ports/index.ts";
import { keyOf, type Stored, WritePlan } from "./write-plan.ts";

const key = { tenant: "acme", id: "one" };
const create = { user: "ada", team: "engine", createdMs: 1, visibility: "private" } as const;
const message = (clientId: string): NewMessage => ({ clientId, role: "user", author: "ada", atMs: 2, content: [] });

function planFrom(stored: Partial<Stored> = {}) {
  const all = { threads: new Map(), sessions: new Map(), messages: new Map(), drafts: new Map(), ...stored };
  return new WritePlan(all, ({ clientId }) => clientId);
}

function applyAll(plan: WritePlan, writes: readonly ThreadWrite[]) {
  return writes.map((write) => plan.apply(write).kind);
}

test("a thread that begins and ends in one batch leaves its taken id, and nothing of its own", () => {
  const plan = planFrom();
  const kinds = applyAll(plan, [
    { kind: "put", key, create: { ...create, session: "s" }, messages: [message("a")] },
    { kind: "draft", key, draft: "d", from: 0, text: "so far", atMs: 3 },
    { kind: "share", key, share: { id: "x", tokenHash: "y", by: "ada", createdMs: 3 } },
    { kind: "delete", key, atMs: 4 },
    { kind: "put", key, create },
    { kind: "put", key: { ...key, id: "two" }, create: { ...create, session: "s" } },
  ]);
  expect(kinds).toEqual(["written", "written", "written", "written", "missing", "written"]);
  expect([plan.messages, plan.pieces, plan.shares]).toEqual([[], [], []]);
  expect([...plan.created]).toEqual([keyOf("acme", "one"), keyOf("acme", "two")]);
  expect(plan.deleted.get(keyOf("acme", "one"))?.thread).toMatchObject({ title: "", excerpt: "", shares: [], version: 3 });
  expect(plan.changes.map(({ kind, version }) => `${kind} ${version}`)).toEqual(["put 1", "share 2", "delete 3", "put 1"]);
});

test("the version that was read is kept, however often the batch changes the thread", () => {
  const before = planFrom();
  before.apply({ kind: "put", key, create });
  const thread: Thread = { ...before.thread(keyOf("acme", "one")), version: 7 };
  const plan = planFrom({ threads: new Map([[keyOf("acme", "one"), thread]]) });
  applyAll(plan, [
    { kind: "put", key, messages: [message("a")] },
    { kind: "put", key, messages: [message("a"), message("b")] },
    { kind: "put", key, change: { title: "" } }, // It has that one.
  ]);
  expect(plan.changed).toEqual(new Map([[keyOf("acme", "one"), 7]]));
  expect(plan.thread(keyOf("acme", "one"))).toMatchObject({ version: 9, messages: 2, excerpt: "b" });
  expect(plan.reshaped.size).toBe(0); // So that the indexes of rights are left alone.
});

test("pieces of a draft follow each other; what is known is cut off, what comes too early is refused", () => {
  const plan = planFrom();
  plan.apply({ kind: "put", key, create });
  const kinds = applyAll(plan, [
    { kind: "draft", key, draft: "d", from: 0, text: "abc", atMs: 3 },
    { kind: "draft", key, draft: "d", from: 1, text: "bcde", atMs: 4 },
    { kind: "draft", key, draft: "d", from: 0, text: "abc", atMs: 5 },
    { kind: "draft", key, draft: "d", from: 6, text: "g", atMs: 6 },
  ]);
  expect(kinds).toEqual(["written", "written", "written", "invalid"]);
  expect(plan.pieces.map(({ start, text }) => [start, text])).toEqual([
    [0, "abc"],
    [3, "de"],
  ]);
});
