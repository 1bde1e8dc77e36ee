// A program for tests of crashes: appends to a few threads of one SQLite file from many writers at once, through the batcher, as a
// server does. It prints `open` once the file is, and then each message that was acknowledged: `id thread sequence`, and where
// a journal of the disk is kept, how long that was by then. What it writes is known from its arguments: run again with the
// same name, it sends the same messages again. Without a number of messages it never ends by itself; who started it kills it.

import { statSync } from "node:fs";
import { seededRandom } from "../../src/base/index.ts";
import { Batcher } from "../../src/mechanisms/batch/index.ts";
import type { ThreadWrite, ThreadWritten } from "../../src/ports/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";
import { wordOf } from "./thread-verdict.ts";

const THREADS = 4;
/** Every so many messages one is large enough to lie apart from its row; some of those are alike. */
const LARGE_EVERY = 9;
const LARGE_KINDS = 5;

const [path = "", run = "0", messagesPerWriter = "", journal = "", writers = "12"] = process.argv.slice(2);
const store = new SqliteThreadStore({ path });
const batcher = new Batcher<ThreadWrite, ThreadWritten>({
  commit: (writes) => store.write(writes),
  bytesOf: () => 1000,
  keyOf: ({ key }) => key.id,
});

let unsaid = "";
let isSaying = false;

async function say(line: string): Promise<void> {
  unsaid += `${line}\n`;
  if (isSaying) return;
  isSaying = true;
  while (unsaid !== "") {
    const lines = unsaid;
    unsaid = "";
    await Bun.write(Bun.stdout, lines);
  }
  isSaying = false;
}

async function writer(number: number, random = seededRandom(100 * Number(run) + number)): Promise<void> {
  const messagesMax = messagesPerWriter === "" ? Number.POSITIVE_INFINITY : Number(messagesPerWriter);
  for (let index = 0; index < messagesMax; index++) {
    const clientId = `${run}.${number}.${index}`;
    const thread = `t${random.below(THREADS)}`;
    const size = 50 + random.below(1500);
    const text = index % LARGE_EVERY !== LARGE_KINDS ? "x".repeat(size) : `${random.below(LARGE_KINDS)} `.repeat(4000);
    const content = [
      { type: "text", text: wordOf(clientId) },
      { type: "text", text },
    ];
    const written = await batcher.add({
      kind: "put",
      key: { tenant: "acme", id: thread },
      create: { user: "ann", team: "core", createdMs: 1, visibility: "private" },
      messages: [{ clientId, role: "user", author: "ann", atMs: 1, content }],
    });
    if (written.kind !== "written") throw new Error(`${clientId}: ${JSON.stringify(written)}`);
    void say(`${clientId} ${thread} ${written.sequences[0]} ${journal === "" ? "" : statSync(journal).size}`.trimEnd());
  }
}

await store.ready();
await say("open");
await Promise.all(Array.from({ length: Number(writers) }, (_, number) => writer(number)));
await batcher.close();
await store.close();
