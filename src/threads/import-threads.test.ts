import { describe, expect, test } from "bun:test";
import { seededRandom, utf8, uuidv7Source, VirtualClock } from "../base/index.ts";
import type { Json } from "../ports/index.ts";
import { MemoryThreadStore } from "../stores/memory/index.ts";
import { threadOfSession } from "./digest.ts";
import { exportThreads } from "./export-threads.ts";
import { type ImportOptions, importThreads } from "./import-threads.ts";
import { jsonLines } from "./json-lines.ts";
import { redactor } from "./redaction.ts";
import { removeExpired } from "./retention.ts";
import { notingTenants, tenantsOf } from "./tenants.ts";
import { ada, service, WatchedThreadStore, writeTo } from "./testing.ts";
import { THREAD_POLICY } from "./thread-policy.ts";

async function* bytesOf(lines: readonly string[], chunkBytes = 7): AsyncGenerator<Uint8Array> {
  const bytes = utf8(lines.join("\n"));
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

function importer(store: WatchedThreadStore, lines: readonly string[], more: Partial<ImportOptions> = {}) {
  const owner = { tenant: "acme", team: "core", user: "ada", nowMs: 5 };
  return importThreads({ ...owner, source: bytesOf(lines), write: writeTo(store), redact: redactor(), ...more });
}

const said = async (store: WatchedThreadStore) =>
  (await store.everything()).map(({ thread, messages }) => ({
    ...thread,
    said: messages.map(({ clientId, mark }) => clientId + (mark ? ` (${mark})` : "")),
  }));

test("lines: blank ones are left out; one that is torn, too long or no object costs itself alone", async () => {
  const lines = ['{"a":1}', "", "  ", '{"long":"xxxxxxxxxxxxxxxxxxxxxxxx"}', "\0\0\0", "[1]", '{"é":"🜂"}', '{"torn'];
  for (const chunkBytes of [1, 3, 1000]) {
    const read = [];
    for await (const { number, record } of jsonLines(bytesOf(lines, chunkBytes), 20)) read.push([number, record]);
    expect(read).toEqual([
      [1, { a: 1 }],
      [4, undefined],
      [5, undefined],
      [6, undefined],
      [7, { é: "🜂" }],
      [8, undefined],
    ]);
  }
});

describe("our own export", () => {
  test("comes back whole, once, also into a place that has part of it, and goes on after any thread", async () => {
    const { threads, store } = service(new MemoryThreadStore());
    for (let thread = 0; thread < 3; thread++) {
      const messages = Array.from({ length: 120 }, (_, index) => ({
        ...{
          clientId: `m${index}`,
          role: "user",
          author: "ada",
          atMs: 10 + index,
          content: [{ type: "text", text: `é🜂 ${index}` }],
        },
        ...(index === 3 ? { mark: "compaction" as const, usage: { input: 3, cached: 1, output: 2, cost: 9 } } : {}),
      }));
      await threads.create(ada, {
        id: `t${thread}`,
        title: `no ${thread}`,
        tags: ["x"],
        visibility: "team",
        pinned: true,
        messages,
      });
      await threads.share(ada, `t${thread}`, { visibility: "link" });
    }
    const lines = await Array.fromAsync(exportThreads({ store, tenant: "acme", viewer: undefined }));
    expect(lines.join()).not.toContain("tokenHash");
    const other = new WatchedThreadStore(new MemoryThreadStore());
    const progress: number[] = [];
    expect(await importer(other, lines.slice(0, 150))).toMatchObject({ messages: 147, broken: 0 });
    const result = await importer(other, lines, { keepsOwners: true, onProgress: (line) => progress.push(line) });
    expect(result).toEqual({ messages: 360, refused: 0, skipped: 3, broken: 0 });
    expect(progress.at(-1)).toBe(lines.length);
    const again = await Array.fromAsync(exportThreads({ store: other, tenant: "acme", viewer: undefined }));
    const shape = (line: string) => ({ ...(JSON.parse(line) as object), version: 0, createdMs: 0, visibility: "" });
    expect(again.map(shape)).toEqual(lines.map(shape));
    const end = JSON.parse(lines.find((line) => line.startsWith('{"kind":"end"')) ?? "");
    const rest = await Array.fromAsync(exportThreads({ store, tenant: "acme", viewer: undefined, after: end.after }));
    expect(rest).toEqual(lines.slice(122));
  });
});

const record = (uuid: string, parentUuid: string | null, type: string, content: Json, more: object = {}): string =>
  JSON.stringify({
    ...{ uuid, parentUuid, type, sessionId: "s1", timestamp: "2026-11-01T10:00:00.000Z", cwd: "/src/app", isSidechain: false },
    message: {
      role: type,
      content,
      ...(type === "assistant" ? { model: "claude-x", usage: { input_tokens: 1, cache_read_input_tokens: 4 } } : {}),
    },
    ...more,
  });

describe("a Claude Code transcript", () => {
  const tool = (id: string): Json => [{ type: "tool_use", id, name: "Bash", input: {} }];
  const result = (id: string): Json => [{ type: "tool_result", tool_use_id: id, content: "ok" }];
  const lines = [
    '{"type":"summary","summary":"x","leafUuid":"a2"}',
    record("u1", null, "user", `fix it ghp_${"a1".repeat(18)}`),
    JSON.stringify({ uuid: "x1", parentUuid: "u1", sessionId: "s1", type: "attachment" }),
    record("a1", "x1", "assistant", tool("1")),
    record("a2", "a1", "assistant", tool("2")),
    record("side1", null, "user", "search", { isSidechain: true, agentId: "g" }),
    record("side2", "side1", "assistant", [{ type: "text", text: "found" }], { isSidechain: true, agentId: "g" }),
    record("r1", "a1", "user", result("1")),
    record("r2", "a2", "user", result("2")),
    record("a3", "r2", "assistant", [{ type: "text", text: "done" }]),
    record("u2", "a3", "user", "more"),
    record("u3", "a3", "user", "no, otherwise"),
    record("a4", "u3", "assistant", [{ type: "text", text: "fine" }]),
    record("c1", null, "user", "summary", { sessionId: "s2", isCompactSummary: true }),
    '{"uuid":"torn',
  ];

  test("becomes a thread a session, sub-agents its children, a changed question a fork; twice is once", async () => {
    const store = new WatchedThreadStore(new MemoryThreadStore());
    for (const broken of [1, 1]) expect(await importer(store, lines)).toEqual({ messages: 12, refused: 0, skipped: 2, broken });
    const [main, side, fork, next] = await said(store);
    const id = threadOfSession("acme", "claude-code:s1");
    expect(main).toMatchObject({ id, title: "fix it [redacted: GitHub token]", client: "claude-code", repository: "/src/app" });
    expect(main?.said).toEqual(["u1", "a1", "a2", "r1", "r2", "a3", "u2"]);
    expect(side).toMatchObject({ origin: { kind: "child", thread: id, sequence: 3 }, said: ["side1", "side2"] });
    expect(fork).toMatchObject({ origin: { kind: "fork", thread: id, sequence: 6 }, said: ["u3", "a4"] });
    expect(next).toMatchObject({ session: "claude-code:s2", said: ["c1 (compaction)"] });
    expect((await store.everything())[0]?.messages[1]).toMatchObject({ author: "claude-x", usage: { input: 5, cached: 4 } });
  });

  test("goes on at a line, with the threads it would have had", async () => {
    const [whole, parts] = [new WatchedThreadStore(new MemoryThreadStore()), new WatchedThreadStore(new MemoryThreadStore())];
    await importer(whole, lines);
    await importer(parts, lines.slice(0, 8));
    await importer(parts, lines, { fromLine: 8 });
    const shape = async (store: WatchedThreadStore) => (await said(store)).map((thread) => ({ ...thread, version: 0 }));
    expect(await shape(parts)).toEqual(await shape(whole));
  });
});

test("a Codex rollout becomes a thread, titled by its first question", async () => {
  const item = (ordinal: number, payload: object, type = "response_item") =>
    JSON.stringify({ timestamp: "2026-11-01T10:00:00.000Z", ordinal, type, payload });
  const message = (role: string, text: string) => ({ type: "message", role, content: [{ type: "input_text", text }] });
  const lines = [
    item(0, { id: "th-1", cwd: "/src/app" }, "session_meta"),
    item(1, { model: "gpt-x" }, "turn_context"),
    item(2, message("developer", "rules")),
    item(3, message("user", "<environment_context>x</environment_context>")),
    item(4, message("user", "Mend the build")),
    item(5, { type: "agent_message", message: "same" }, "event_msg"),
    item(6, { type: "function_call", name: "shell", call_id: "1", arguments: "{}" }),
    item(7, { type: "function_call_output", call_id: "1", output: "ok" }),
    item(8, { message: "so far" }, "compacted"),
  ];
  const store = new WatchedThreadStore(new MemoryThreadStore());
  await importer(store, lines);
  expect(await importer(store, lines)).toEqual({ messages: 6, refused: 0, skipped: 3, broken: 0 });
  expect(await said(store)).toMatchObject([
    {
      ...{ session: "codex:th-1", title: "Mend the build", model: "gpt-x", repository: "/src/app", client: "codex" },
      said: ["th-1:2", "th-1:3", "th-1:4", "th-1:6", "th-1:7", "th-1:8 (compaction)"],
    },
  ]);
  expect((await store.everything())[0]?.messages.map(({ role }) => role)).toEqual([
    "developer",
    "user",
    "user",
    "assistant",
    "tool",
    "user",
  ]);
});

test("a file of no known format is told as such; an empty one is nothing", async () => {
  const store = new WatchedThreadStore(new MemoryThreadStore());
  await expect(importer(store, ['{"x":1}', "y"])).rejects.toThrow(/no export of threads/);
  expect(await importer(store, [])).toEqual({ messages: 0, refused: 0, skipped: 0, broken: 0 });
});

test("retention removes what is older than a tenant's policy says, however many pages, and nothing else", async () => {
  const clock = new VirtualClock(undefined, setImmediate);
  const store = new WatchedThreadStore(new MemoryThreadStore());
  const write = notingTenants(writeTo(store));
  const { threads } = service(new MemoryThreadStore(), { store, write, ids: uuidv7Source(clock, seededRandom(3)) }, clock);
  for (let index = 0; index < 250; index++) await threads.create(ada, { id: `old${index}` });
  await threads.create({ ...ada, tenant: "keeps" }, { id: "old" });
  await threads.share(ada, "old0", { visibility: "link" });
  clock.stepWall(3 * 86_400_000);
  await threads.create(ada, { id: "new" });
  const policyOf = (tenant: string) => ({ ...THREAD_POLICY, retentionDays: tenant === "acme" ? 2 : undefined });
  const run = () => removeExpired({ store, write, clock, policyOf, tenants: tenantsOf(store) });
  expect(await run()).toBe(250);
  expect(await run()).toBe(0);
  const live = (await store.everything()).map(({ thread }) => `${thread.tenant}/${thread.id}`);
  expect(live.filter((name) => !name.startsWith(" "))).toEqual(["keeps/old", "acme/new"]);
  expect(live.filter((name) => name.startsWith(" audit"))).toHaveLength(1);
});
