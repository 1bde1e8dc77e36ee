// Conversations in a SQLite file that another process holds, as a shell or a backup may: reads go on, writes wait as long as they
// may, and are then refused until it is free.

import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewMessage, ThreadWrite } from "../../src/ports/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";

const HOLDER = join(import.meta.dir, "../kit/sqlite-holder.ts");

setDefaultTimeout(60_000);
const folder = mkdtempSync(join(tmpdir(), "millrace-file-"));
const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openAt(path: string, busyTimeoutMs = 2000): SqliteThreadStore {
  const store = new SqliteThreadStore({ path, readersMax: 1, busyTimeoutMs });
  ended.push(() => store.close());
  return store;
}

const keyOf = (id: string) => ({ tenant: "acme", id });
const unavailable = expect.objectContaining({ code: "store_unavailable" });
/** Not by `rejects`: that waits in a loop of its own, in which a worker's answer to this thread's lock does not come. */
const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error);

function message(clientId: string, text: string): NewMessage {
  return { clientId, role: "user", author: "ann", atMs: 1, content: [{ type: "text", text }] };
}

function put(id: string, messages: readonly NewMessage[]): ThreadWrite {
  return {
    kind: "put",
    key: keyOf(id),
    create: { user: "ann", team: "core", createdMs: 1, visibility: "private" },
    messages,
  };
}

/** Resolves once another process holds the file. */
async function holder(path: string) {
  const child = Bun.spawn([process.execPath, HOLDER, path], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  for await (const bytes of child.stdout) if (Buffer.from(bytes).includes("held")) break;
  const end = async (how: "ends" | "is killed") => {
    if (how === "ends") await child.stdin.end();
    else child.kill("SIGKILL");
    await child.exited;
  };
  ended.push(() => end("is killed"));
  return end;
}

for (const how of ["ends", "is killed"] as const) {
  test(`a file that another process holds until it ${how}: writes wait for it, reads do not`, async () => {
    const path = join(folder, `${how}.sqlite`);
    const store = openAt(path, 30_000);
    await store.write([put("t", [message("a", "one")])]);
    const release = await holder(path);
    let isWritten = false;
    const writing = store.write([put("t", [message("b", "two")])]).then((written) => {
      isWritten = true;
      return written;
    });
    expect((await store.messages(keyOf("t"), { after: 0, limit: 9 })).messages).toHaveLength(1);
    expect(isWritten).toBe(false);
    await release(how);
    expect(await writing).toMatchObject([{ kind: "written", sequences: [2] }]);
  });
}

test("a file that another process holds for too long: writes are refused within their bound, and done once it is free", async () => {
  const path = join(folder, "held.sqlite");
  const store = openAt(path, 50);
  await store.write([put("t", [message("a", "one")])]);
  const release = await holder(path);
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await failureOf(store.write([put("t", [message("b", "two")])]))).toEqual(unavailable);
    expect((await store.find(keyOf("t")))?.thread.messages).toBe(1);
  }
  await release("ends");
  expect(await store.write([put("t", [message("b", "two")])])).toMatchObject([{ kind: "written", sequences: [2] }]);
});

test("a server that starts while another process holds the file waits for it", async () => {
  const path = join(folder, "starts.sqlite");
  const before = openAt(path);
  await before.write([put("t", [message("a", "one")])]);
  await before.close();
  const release = await holder(path);
  const store = openAt(path, 30_000);
  const finding = store.find(keyOf("t"));
  await release("ends");
  expect((await finding)?.thread.messages).toBe(1);
});
