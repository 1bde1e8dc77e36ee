// Claim: a burst of callers costs hardly a resource more than there are, a factory that fails is left in peace while every
// caller gets its answer, and taking and giving back costs less than a microsecond. Other pools do the same work beside.

import { join } from "node:path";
import { systemClock, systemRandom } from "../src/base/index.ts";
import { Pool } from "../src/mechanisms/pool/index.ts";
import { installed } from "./kit/installed.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { median, percent, whole } from "./kit/statistics.ts";

const VERSIONS = { "generic-pool": "3.9.0", tarn: "3.1.2", "lightning-pool": "4.14.0" };
const SPIKE = { callers: 50, createMs: 150, useMs: 2, idle: 5 };
const CREATED_MAX = 6;
const ATTEMPTS_MAX = 6;
const DEADLINE_MS = 2000;
const OPERATIONS_PER_SECOND_MIN = 2e6;
const IDLE_CORE_MAX = 0.05;

interface Order {
  readonly create: () => Promise<object>;
  readonly min: number;
  readonly max: number;
  readonly waitMs: number;
}

/** What the pools have in common. */
interface Subject {
  acquire(): Promise<object>;
  release(resource: object): void;
  close(): Promise<unknown>;
}

type Maker = (order: Order) => Subject;

const ours: Maker = ({ create, min, max, waitMs }) => {
  const pool = new Pool<object>({
    create,
    destroy: () => {},
    min,
    max,
    waitMsMax: waitMs,
    clock: systemClock,
    random: systemRandom,
  });
  const leases = new Map<object, { release(): void }>();
  return {
    async acquire() {
      const lease = await pool.acquire();
      leases.set(lease.resource, lease);
      return lease.resource;
    },
    release: (resource) => leases.get(resource)?.release(),
    close: () => pool.drain(systemClock.monotonic() + 100),
  };
};

async function peers(): Promise<Map<string, Maker>> {
  const found = await installed("pools", { dependencies: VERSIONS });
  const makers = new Map<string, Maker>([["Millrace", ours]]);
  if ("missing" in found) {
    say(`Skipped: other pools: ${found.missing}`);
    return makers;
  }
  const load = async (name: string) => import(Bun.resolveSync(name, join(found.folder, "package.json")));
  const generic = await load("generic-pool");
  const tarn = await load("tarn");
  const lightning = await load("lightning-pool");
  const destroy = async () => {};
  makers.set(`generic-pool ${VERSIONS["generic-pool"]}`, ({ create, min, max, waitMs }) => {
    const pool = generic.createPool({ create, destroy }, { min, max, acquireTimeoutMillis: waitMs });
    pool.on("factoryCreateError", () => {});
    return {
      acquire: () => pool.acquire(),
      release: (resource) => void pool.release(resource).catch(() => {}),
      close: async () => pool.clear(),
    };
  });
  makers.set(`tarn ${VERSIONS.tarn}`, ({ create, min, max, waitMs }) => {
    const options = { create, destroy, min, max, acquireTimeoutMillis: waitMs, propagateCreateError: false };
    const pool = new tarn.Pool(options);
    return {
      acquire: () => pool.acquire().promise,
      release: (resource) => void pool.release(resource),
      close: () => pool.destroy(),
    };
  });
  makers.set(`lightning-pool ${VERSIONS["lightning-pool"]}`, ({ create, min, max, waitMs }) => {
    const pool = new lightning.Pool(
      { create, destroy },
      { min, minIdle: min, max, maxQueue: 1000, acquireTimeoutMillis: waitMs },
    );
    pool.start();
    return { acquire: () => pool.acquire(), release: (resource) => void pool.release(resource), close: () => pool.closeAsync(0) };
  });
  return makers;
}

/** 50 callers at once over 5 idle resources. */
async function spike(make: Maker): Promise<{ created: number; tookMs: number }> {
  let created = 0;
  const create = async () => {
    created++;
    await Bun.sleep(SPIKE.createMs);
    return {};
  };
  const pool = make({ create, min: SPIKE.idle, max: SPIKE.callers, waitMs: 30_000 });
  pool.release(await pool.acquire());
  await Bun.sleep(3 * SPIKE.createMs);
  // Not every pool fills itself to its minimum.
  const first = created < SPIKE.idle ? await Promise.all(Array.from({ length: SPIKE.idle }, () => pool.acquire())) : [];
  for (const resource of first) pool.release(resource);
  await Bun.sleep(2 * SPIKE.createMs);
  created = SPIKE.idle;
  const startedAt = performance.now();
  const caller = async () => {
    const resource = await pool.acquire();
    await Bun.sleep(SPIKE.useMs);
    pool.release(resource);
  };
  await Promise.all(Array.from({ length: SPIKE.callers }, caller));
  const tookMs = performance.now() - startedAt;
  await Bun.sleep(2 * SPIKE.createMs);
  await pool.close();
  return { created, tookMs };
}

/** 20 callers, each with a deadline, while nothing can be made. */
async function outage(make: Maker, seconds: number): Promise<{ attempts: number; answered: number; core: number }> {
  let attempts = 0;
  const create = async () => {
    attempts++;
    await Bun.sleep(1); // Or a pool that tries again at once would never let this thread do anything else.
    throw new Error("cannot be made");
  };
  const before = process.cpuUsage();
  const pool = make({ create, min: 0, max: 10, waitMs: DEADLINE_MS });
  let answered = 0;
  const callers = Array.from({ length: 20 }, () => pool.acquire().catch(() => answered++));
  await Bun.sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  void pool.close().catch(() => {});
  void callers;
  return { attempts, answered, core: (user + system) / (seconds * 1e6) };
}

/** One caller after the other, nothing to make and nothing to wait for. */
async function speed(make: Maker, operations: number): Promise<number> {
  const pool = make({ create: async () => ({}), min: 0, max: 10, waitMs: 30_000 });
  const round = async (count: number) => {
    for (let turn = 0; turn < count; turn++) pool.release(await pool.acquire());
  };
  await round(operations / 5);
  const startedAt = performance.now();
  await round(operations);
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  return operations / seconds;
}

/** Our own door, without the map that the comparison needs from resources to leases. */
async function ownSpeed(operations: number): Promise<number> {
  const pool = new Pool<object>({ create: async () => ({}), destroy: () => {}, max: 10 });
  const round = async (count: number) => {
    for (let turn = 0; turn < count; turn++) (await pool.acquire()).release();
  };
  await round(operations / 5);
  const startedAt = performance.now();
  await round(operations);
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.drain(systemClock.monotonic() + 100);
  return operations / seconds;
}

async function run(report: Report): Promise<void> {
  const makers = await peers();
  const operations = report.quick ? 200_000 : 1_000_000;
  const seconds = report.quick ? 4 : 10;
  const rows = [["", "created in the spike", "spike took", "attempts", "callers answered", "core", "operations/s"]];
  let own: { created: number; attempts: number; answered: number; core: number; rate: number } | undefined;
  for (const [name, make] of makers) {
    const { created, tookMs } = await spike(make);
    const { attempts, answered, core } = await outage(make, seconds);
    const rates: number[] = [];
    for (let turn = 0; turn < 3; turn++) rates.push(await (make === ours ? ownSpeed(operations) : speed(make, operations)));
    const rate = median(rates);
    if (make === ours) own = { created, attempts, answered, core, rate };
    rows.push([
      name,
      whole(created),
      `${tookMs.toFixed(0)} ms`,
      whole(attempts),
      `${answered} of 20`,
      percent(core),
      whole(rate),
    ]);
  }
  report.table(rows);
  if (!own) return;
  report.bar(`at most ${CREATED_MAX} created in the spike`, whole(own.created), own.created <= CREATED_MAX);
  report.bar(
    `a factory that fails for ${seconds} s: at most ${ATTEMPTS_MAX} attempts, every caller answered by its deadline, processor idle`,
    `${own.attempts} attempts, ${own.answered} of 20, ${percent(own.core)} of a core`,
    own.attempts <= ATTEMPTS_MAX && own.answered === 20 && own.core <= IDLE_CORE_MAX,
  );
  report.bar(
    `at least ${whole(OPERATIONS_PER_SECOND_MIN)} times taken and given back a second`,
    whole(own.rate),
    own.rate >= OPERATIONS_PER_SECOND_MIN,
  );
}

await benchmark({
  claim: `Pools of resources: ${SPIKE.callers} callers at once over ${SPIKE.idle} idle resources (making one takes ${SPIKE.createMs} ms, use ${SPIKE.useMs} ms);
a factory that fails while 20 callers wait ${DEADLINE_MS} ms; one caller that takes and gives back as fast as it can.`,
  needs: [],
  run: (_rig, report) => run(report),
});
