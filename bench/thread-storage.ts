// Claim: only what is new of a conversation is stored. Real sessions of an assistant, each request with its whole past as clients send it, go
// through the recorder; what the files of the store hold in the end is compared with what was received.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, systemClock, uuidv7Source } from "../src/base/index.ts";
import { Batcher } from "../src/mechanisms/batch/index.ts";
import type { ThreadStore, ThreadWrite, ThreadWritten } from "../src/ports/index.ts";
import { SqliteThreadStore } from "../src/stores/sqlite/index.ts";
import { Recorder, redactor, type Turn } from "../src/threads/index.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { SessionWriter } from "./kit/session-writer.ts";
import { times, whole } from "./kit/statistics.ts";
import { codingTurns } from "./kit/traces.ts";

const SHARE_MIN = 20;
const MIB = 1024 * 1024;

async function run(_rig: unknown, report: Report): Promise<void> {
  const { source, requests: sessions } = await codingTurns();
  const chosen = sessions.filter((_, index) => index % (report.quick ? 60 : 12) === 0);
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-storage-"));
  try {
    const store = new SqliteThreadStore({ path: join(folder, "threads.db") });
    const batcher = new Batcher<ThreadWrite, ThreadWritten>({
      commit: (writes) => store.write(writes),
      bytesOf: () => 1000,
      keyOf: ({ key }) => key.id,
    });
    const ids = uuidv7Source(systemClock, seededRandom(5));
    const write = (order: ThreadWrite) => batcher.add(order);
    const recorder = new Recorder({ store, write, clock: systemClock, ids, redact: redactor() });
    let [received, turns] = [0, 0];
    for (const [index, session] of chosen.entries()) {
      if (process.stderr.isTTY) process.stderr.write(`\rsession ${index + 1} of ${chosen.length} `);
      const writer = new SessionWriter(session, index);
      for (const turn of writer.turns()) {
        received += turn.bodyBytes;
        turns++;
        const log = recorder.begin({ ...TURN, ...turn });
        if (log && log !== "refused") log.end(turn.end);
        await recorder.idle();
      }
    }
    const { recorded } = recorder.stats();
    await batcher.close();
    await indexed(store);
    await store.close();
    const files = readdirSync(folder).map((name) => ({ name, bytes: statSync(join(folder, name)).size }));
    const stored = files.reduce((sum, { bytes }) => sum + bytes, 0);
    say(`${source}: ${chosen.length} sessions, ${whole(turns)} turns.`);
    report.table([
      ["", "MiB", "of what was received"],
      ["bodies received", whole(received / MIB), "1"],
      ...files.map(({ name, bytes }) => [name, whole(bytes / MIB), `1/${whole(received / Math.max(1, bytes))}`]),
      ["stored", whole(stored / MIB), `1/${whole(received / stored)}`],
    ]);
    report.bar("every turn is recorded", `${whole(recorded)} of ${whole(turns)}`, recorded === turns);
    report.bar(
      `stored at most 1/${SHARE_MIN} of what was received`,
      `1/${whole(received / stored)}`,
      received / stored >= SHARE_MIN,
    );
    await report.chart("thread-storage", "Conversations in bytes", [
      { name: "bodies received", value: received, text: `${whole(received / MIB)} MiB` },
      { name: "stored, search included", value: stored, text: `${whole(stored / MIB)} MiB, ${times(received / stored)} less` },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TURN: Omit<Turn, "id" | "session" | "parentSession" | "startedMs" | "messages"> = {
  ...{ tenant: "bench", team: "bench", user: "bench", client: "claude-code", dialect: "anthropic", endpoint: "messages" },
  ...{ kind: "turn", model: "claude-bench", repository: undefined, wordsIn: () => "" },
};

/** The index follows behind: what was written last is found once it has everything. */
async function indexed(store: ThreadStore): Promise<void> {
  const key = { tenant: "bench", id: "last" };
  const create = { user: "bench", team: "bench", createdMs: systemClock.now(), visibility: "private" } as const;
  const message = { clientId: "last", role: "user", author: "bench", atMs: systemClock.now(), content: ["xylophonist"] };
  await store.write([{ kind: "put", key, create, messages: [message] }]);
  const filter = { tenant: "bench", viewer: undefined };
  while ((await store.search(filter, "xylophonist", { limit: 1 })).hits.length === 0) await Bun.sleep(50);
}

await benchmark({
  claim: "Sessions of an assistant, every request with all of its past, recorded as threads on SQLite, search index included.",
  needs: [],
  run,
});
