// A process of its own: opens a store of threads, and says how long its first page of a thread took. Arguments: engine, where, tenant, id.

import { systemClock } from "../../src/base/index.ts";
import { PostgresThreadStore } from "../../src/stores/postgres/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";
import { THREAD_MESSAGES } from "./thread-world.ts";

/** Until all that a process begins with has begun: somebody else's work is not what is measured. */
const CALM_MS = 300;

const [engine, where = "", tenant = "", id = ""] = process.argv.slice(2);
const store =
  engine === "sqlite"
    ? new SqliteThreadStore({ path: where })
    : new PostgresThreadStore({ url: where, clock: systemClock, indexEveryMs: 0 });
await store.ready();
await Bun.sleep(CALM_MS);
const askedAt = performance.now();
const { messages } = await store.messages({ tenant, id }, { after: 0, limit: THREAD_MESSAGES });
const tookMs = performance.now() - askedAt;
await store.close();
if (messages.length !== THREAD_MESSAGES) throw new Error(`The thread ${id} has ${messages.length} messages.`);
process.stdout.write(`${tookMs}\n`);
