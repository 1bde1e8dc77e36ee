// Runs each port's conformance suite against every store that claims the port, on the real engine.

import { afterAll, describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";
import { type Clock, systemClock, VirtualClock } from "../src/base/index.ts";
import { type KeyValueHarness, keyValueCases } from "../src/ports/conformance/index.ts";
import type { KeyValue } from "../src/ports/index.ts";
import { MemoryKeyValue } from "../src/stores/memory/index.ts";
import { RedisKeyValue } from "../src/stores/redis/index.ts";
import { SqliteKeyValue } from "../src/stores/sqlite/index.ts";
import { startRedis } from "./kit/engines.ts";

const BYTES_MAX = 64 * 1024 * 1024;
const CASE_MS_MAX = 30_000;

const redis = await startRedis();

afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
});

function virtualHarness(make: (namespace: string, clock: Clock) => KeyValue, sharesData: boolean): KeyValueHarness {
  const clock = new VirtualClock();
  const opened: KeyValue[] = [];
  return {
    open: async (namespace) => {
      const store = make(namespace, clock);
      opened.push(store);
      return store;
    },
    elapse: (ms) => clock.advance(ms),
    stepWall: (ms) => clock.stepWall(ms),
    sharesData,
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

function memoryHarness(): KeyValueHarness {
  return virtualHarness((_, clock) => new MemoryKeyValue({ clock, entriesMax: 10_000, bytesMax: BYTES_MAX }), false);
}

function sqliteHarness(): KeyValueHarness {
  const folder = mkdtempSync(join(tmpdir(), "millrace-sqlite-"));
  const path = join(folder, "store.sqlite");
  const harness = virtualHarness((namespace, clock) => new SqliteKeyValue({ path, namespace, clock, bytesMax: BYTES_MAX }), true);
  return {
    ...harness,
    close: async () => {
      await harness.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Redis keeps its own time: that time passes is played by shortening what every key has left. */
async function redisHarness(url: string): Promise<KeyValueHarness> {
  const opened: RedisKeyValue[] = [];
  const admin = new RedisClient(url, { autoReconnect: false });
  await admin.connect();
  await admin.send("FLUSHALL", []);
  return {
    open: async (namespace) => {
      const store = new RedisKeyValue({ url, namespace, clock: systemClock, commandTimeoutMs: 10_000 });
      opened.push(store);
      return store;
    },
    elapse: async (ms) => {
      for (const key of await admin.keys("*")) {
        const leftMs = await admin.pttl(key);
        if (leftMs >= 0) await admin.pexpire(key, leftMs - ms);
      }
    },
    stepWall: undefined,
    sharesData: true,
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      admin.close();
    },
  };
}

function conform(store: string, lacks: { stepWall?: string; sharesData?: string }, make: () => Promise<KeyValueHarness>): void {
  describe(`key-value on ${store}`, () => {
    for (const { name, needs, run } of keyValueCases) {
      const lack = needs && lacks[needs];
      if (lack) {
        test.skip(`skipped: ${name} (${lack})`, () => {});
        continue;
      }
      test(
        name,
        async () => {
          const harness = await make();
          try {
            await run(harness);
          } finally {
            await harness.close();
          }
        },
        CASE_MS_MAX,
      );
    }
  });
}

conform("memory", { sharesData: "each instance has its own data" }, async () => memoryHarness());
conform("SQLite", {}, async () => sqliteHarness());
if (redis.kind === "ready") {
  const { url } = redis.engine;
  conform("Redis", { stepWall: "the server's clock is not ours to move" }, () => redisHarness(url));
} else {
  test.skip(`skipped: key-value on Redis, ${keyValueCases.length} cases (${redis.reason})`, () => {});
}
