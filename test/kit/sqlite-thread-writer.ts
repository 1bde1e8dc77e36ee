// A program for tests of crashes: appends to threads in SQLite, several at a time, and prints each client id once it was
// acknowledged. It never ends by itself; whoever started it kills it.

import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";

const BATCH = 8;
const THREADS = 3;

const [path = "", run = ""] = process.argv.slice(2);
const store = new SqliteThreadStore({ path });
await store.ready();
for (let number = 0; ; number += BATCH) {
  const clientIds = Array.from({ length: BATCH }, (_, index) => `${run}.${number + index}`);
  await store.write(
    clientIds.map((clientId, index) => ({
      kind: "put",
      key: { tenant: "acme", id: `t${(number + index) % THREADS}` },
      create: { user: "ann", team: "core", createdMs: 1, visibility: "private" },
      messages: [{ clientId, role: "user", author: "ann", atMs: 1, content: [{ type: "text", text: "x".repeat(2000) }] }],
    })),
  );
  await Bun.write(Bun.stdout, `${clientIds.join("\n")}\n`);
}
