// Conversations in SQLite on a disk that fails: full, turned read-only, and one whose sync fails. Writes are refused with
// `store_unavailable`, reads go on, nothing acknowledged is lost, and once the disk is well again work goes on without a restart.

import { Database } from "bun:sqlite";
import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessagePage, ThreadWrite } from "../../src/ports/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";
import { CutDisk } from "../kit/cut-disk.ts";
import { compileFaultDisk, type FaultDisk, faultDisk } from "../kit/fault-disk.ts";
import { ThreadProcess } from "../kit/thread-process.ts";

const MESSAGES_MAX = 1000;
const CASE_MS_MAX = 60_000;

const folder = mkdtempSync(join(tmpdir(), "millrace-disk-"));
const compiled = compileFaultDisk(folder);
const processes: ThreadProcess[] = [];
let count = 0;
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Broken {
  readonly path: string;
  readonly journal: string;
  readonly disk: FaultDisk;
  start(): ThreadProcess;
}

function onDisk(name: string, work: (broken: Broken) => Promise<void>): void {
  if ("reason" in compiled) {
    test.skip(`skipped: ${name} (${compiled.reason})`, () => {});
    return;
  }
  const { library } = compiled;
  const run = () => {
    const files = join(folder, `files-${++count}`);
    mkdirSync(files);
    const journal = join(folder, `journal-${count}`);
    const disk = faultDisk(library, files, join(folder, `disk-${count}`), journal);
    const path = join(files, "threads.sqlite");
    const start = () => {
      const started = new ThreadProcess(path, disk.env);
      processes.push(started);
      return started;
    };
    return work({ path, journal, disk, start });
  };
  test(name, run, CASE_MS_MAX);
}

const key = { tenant: "acme", id: "t" };

/** @param size of its text, which cannot be compressed */
function append(clientId: string, size = 1000): ThreadWrite {
  const content = [{ type: "text", text: crypto.getRandomValues(new Uint8Array(size / 2)).toHex() }];
  const create = { user: "ann", team: "core", createdMs: 1, visibility: "private" as const };
  return { kind: "put", key, create, messages: [{ clientId, role: "user", author: "ann", atMs: 1, content }] };
}

const all = { after: 0, limit: MESSAGES_MAX };

function idsIn({ messages }: MessagePage): string[] {
  expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
  return messages.map((message) => ("corrupt" in message ? "corrupt" : message.clientId));
}

const idsOf = async (process: ThreadProcess) => idsIn(await process.ask("messages", key, all));

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** By whoever opens it next. */
async function keptIn(path: string): Promise<string[]> {
  const store = new SqliteThreadStore({ path, readersMax: 1 });
  const page = await store.messages(key, all);
  await store.close();
  expect(new Database(path).query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  return idsIn(page);
}

/** Until it is refused. @returns those that were acknowledged, and the one that was not */
async function fill(process: ThreadProcess, name: string, size: number): Promise<{ kept: string[]; refused: string }> {
  const kept: string[] = [];
  for (let index = 0; index < MESSAGES_MAX; index++) {
    const clientId = `${name}${index}`;
    const failure = await failureOf(process.ask("write", [append(clientId, size)]));
    if (failure === "store_unavailable") return { kept, refused: clientId };
    expect(failure).toBe("none");
    kept.push(clientId);
  }
  throw new Error("The disk never was full.");
}

onDisk("a full disk: writes are refused, reads go on, and room makes it work again", async ({ path, disk, start }) => {
  const process = start();
  await process.ask("write", [append("first")]);
  for (const [round, size] of [20_000, 3000].entries()) {
    disk.order({ room: 700_000 });
    const before = await idsOf(process);
    const { kept, refused } = await fill(process, `${round}.`, size);
    expect(kept.length).toBeGreaterThan(5);
    const there = [...before, ...kept];
    expect(await idsOf(process)).toEqual(there);
    expect(
      (await process.ask("list", { tenant: "acme", viewer: undefined }, { limit: 9 })).map(({ messages }) => messages),
    ).toEqual([there.length]);
    expect(await failureOf(process.ask("write", [append("large", 500_000)]))).toBe("store_unavailable");
    expect(await idsOf(process)).toEqual(there);
    disk.order({});
    expect(await process.ask("write", [append(refused, size), append(kept[0] ?? "")])).toMatchObject([
      { kind: "written", sequences: [there.length + 1] },
      { kind: "written", sequences: [before.length + 1] },
    ]);
    expect(await idsOf(process)).toEqual([...there, refused]);
    await process.ask("catchUp");
  }
  const there = await idsOf(process);
  await process.ask("close");
  expect(await keptIn(path)).toEqual(there);
});

onDisk("a server that starts on a full disk after a crash: all can be read, and room makes it work again", async (broken) => {
  const { path, disk, start } = broken;
  const before = start();
  await before.ask("write", [append("first")]);
  disk.order({ room: 300_000 });
  const { kept } = await fill(before, "a", 3000);
  await before.kill();
  disk.order({ room: 0 });
  const process = start();
  expect(await idsOf(process)).toEqual(["first", ...kept]);
  expect(await failureOf(process.ask("write", [append("large", 2_000_000)]))).toBe("store_unavailable");
  expect(await idsOf(process)).toEqual(["first", ...kept]);
  disk.order({});
  await process.ask("write", [append("after")]);
  await process.kill();
  expect(await keptIn(path)).toEqual(["first", ...kept, "after"]);
});

onDisk("a disk that turns read-only: writes are refused, reads go on; then all is well again", async ({ path, disk, start }) => {
  const process = start();
  await process.ask("write", [append("first")]);
  expect(await idsOf(process)).toEqual(["first"]);
  disk.order({ readOnly: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await failureOf(process.ask("write", [append("second")]))).toBe("store_unavailable");
    expect(await idsOf(process)).toEqual(["first"]);
  }
  disk.order({});
  await process.ask("write", [append("second"), append("first")]);
  expect(await idsOf(process)).toEqual(["first", "second"]);
  await process.ask("close");
  expect(await keptIn(path)).toEqual(["first", "second"]);
});

onDisk("a disk that is read-only from the start is refused, and taken once it is not", async ({ path, disk, start }) => {
  const before = start();
  await before.ask("write", [append("first")]);
  await before.kill();
  disk.order({ readOnly: true });
  const process = start();
  expect(await failureOf(process.ask("ready"))).toBe("store_unavailable");
  expect(await failureOf(process.ask("write", [append("second")]))).toBe("store_unavailable");
  disk.order({});
  await process.ask("write", [append("second")]);
  await process.ask("close");
  expect(await keptIn(path)).toEqual(["first", "second"]);
});

onDisk("a sync that fails: the write is refused, and what is acknowledged later survives a power cut", async (broken) => {
  const { journal, disk, start } = broken;
  const process = start();
  await process.ask("write", [append("first")]);
  await process.ask("catchUp"); // So that the next sync is that of the next write.
  disk.order({ failSync: 1 });
  expect(await failureOf(process.ask("write", [append("second")]))).toBe("store_unavailable");
  await process.kill();
  const next = start();
  await next.ask("write", [append("second")]);
  expect(await idsOf(next)).toEqual(["first", "second"]);
  const after = join(folder, "after-power-cut");
  const cut = new CutDisk(journal);
  cut.advance(cut.journalBytes);
  cut.cut(after, undefined);
  expect(await keptIn(join(after, "threads.sqlite"))).toEqual(["first", "second"]);
});
