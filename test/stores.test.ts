// Runs each port's conformance suite against every store that claims the port, on the real engine.

import { afterAll, describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";
import { type Clock, systemClock, VirtualClock } from "../src/base/index.ts";
import {
  type BudgetLedgerHarness,
  budgetLedgerCases,
  type KeyValueHarness,
  keyValueCases,
} from "../src/ports/conformance/index.ts";
import type { BudgetLedger, BudgetReport, KeyValue } from "../src/ports/index.ts";
import { MemoryBudgetLedger, MemoryKeyValue } from "../src/stores/memory/index.ts";
import { RedisBudgetLedger, RedisKeyValue } from "../src/stores/redis/index.ts";
import { SqliteKeyValue } from "../src/stores/sqlite/index.ts";
import { startRedis } from "./kit/engines.ts";

const BYTES_MAX = 64 * 1024 * 1024;
const CASE_MS_MAX = 30_000;
const DAY_MS = 86_400_000;

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

function memoryLedgerHarness(): BudgetLedgerHarness {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1, 12), setImmediate);
  const opened = new Map<string, MemoryBudgetLedger>();
  const open = async (namespace: string) => {
    const ledger = opened.get(namespace) ?? new MemoryBudgetLedger({ clock, accountsMax: 1000 });
    opened.set(namespace, ledger);
    return ledger;
  };
  return { open, elapse: (ms) => clock.advance(ms), close: async () => {} };
}

/** That time passes is played by moving back what the accounts remember: seconds, ends of calls, and whole days. */
async function redisLedgerHarness(url: string): Promise<BudgetLedgerHarness> {
  const opened: BudgetLedger[] = [];
  let elapsedMs = 0;
  const admin = new RedisClient(url, { autoReconnect: false });
  await admin.connect();
  await admin.send("FLUSHALL", []);
  const earlier = (field: string, value: string, ms: number): [string, string] => {
    const name = field.slice(2);
    if (field === "d") return [field, String(Number(value) - Math.floor(ms / DAY_MS))];
    if (field.startsWith("s:")) return [`s:${Number(name) - ms / 1000}`, value];
    const [count, endMs] = value.split(":");
    return field.startsWith("n:") ? [field, `${count}:${Number(endMs) - ms}`] : [field, value];
  };
  return {
    open: async (namespace) => {
      const ledger = new RedisBudgetLedger({ url, namespace, clock: systemClock, commandTimeoutMs: 10_000 });
      opened.push(ledger);
      return seenLater(ledger, () => elapsedMs);
    },
    elapse: async (ms) => {
      elapsedMs += ms;
      for (const key of await admin.keys("*")) {
        const moved = Object.entries(await admin.hgetall(key)).flatMap(([field, value]) => earlier(field, value, ms));
        await admin.del(key);
        await admin.send("HSET", [key, ...moved]);
      }
    },
    close: async () => {
      await Promise.all(opened.map((ledger) => ledger.close()));
      admin.close();
    },
  };
}

/** For whoever sees them, seconds and days of grants go on as time is played to pass. */
function seenLater(ledger: BudgetLedger, elapsedMs: () => number): BudgetLedger {
  const moved = <T extends { second: number; day: number }>(each: T, sign: 1 | -1): T => ({
    ...each,
    second: each.second + (sign * elapsedMs()) / 1000,
    day: each.day + sign * Math.floor(elapsedMs() / DAY_MS),
  });
  const told = (reports: readonly BudgetReport[]) =>
    reports.map(({ back, ...rest }) => (back ? { ...rest, back: back.map((each) => moved(each, -1)) } : rest));
  return {
    async lease(node, asks, reports) {
      const answer = await ledger.lease(node, asks, told(reports));
      return answer.kind === "granted" ? { ...answer, grants: answer.grants.map((grant) => moved(grant, 1)) } : answer;
    },
    report: (node, reports) => ledger.report(node, told(reports)),
    usage: (key) => ledger.usage(key),
    close: () => ledger.close(),
  };
}

function conformLedger(store: string, make: () => Promise<BudgetLedgerHarness>): void {
  describe(`budget ledger on ${store}`, () => {
    for (const { name, run } of budgetLedgerCases) {
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

conformLedger("memory", async () => memoryLedgerHarness());
if (redis.kind === "ready") {
  const { url } = redis.engine;
  conformLedger("Redis", () => redisLedgerHarness(url));
} else {
  test.skip(`skipped: budget ledger on Redis, ${budgetLedgerCases.length} cases (${redis.reason})`, () => {});
}
