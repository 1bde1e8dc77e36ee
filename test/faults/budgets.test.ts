// Budgets of several nodes over a real Redis: not a token too many, whoever asks at once; and while it is killed, frozen, empty or
// back, callers are answered within a bound, without an error, and nothing is let in that was not leased.

import { afterAll, describe, expect, test } from "bun:test";
import { RedisClient } from "bun";
import { systemClock, VirtualClock } from "../../src/base/index.ts";
import { SharedBudgets, type SharedBudgetsOptions, type SharedOutcome } from "../../src/mechanisms/limit/index.ts";
import { RedisBudgetLedger } from "../../src/stores/redis/index.ts";
import { type RedisServer, startRedis } from "../kit/engines.ts";
import { faultUpstream } from "../kit/fault-upstream.ts";
import { holdAnswers } from "../kit/held-answers.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";

const CALLERS = 50;
const CASE_MS_MAX = 30_000;

const redis = await startRedis();

afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
});

/** Each node with a connection of its own. They do not give up on a busy machine, but where a test says so. */
function cluster(server: RedisServer, nodes: number, options: Partial<SharedBudgetsOptions> = {}) {
  const clock = options.clock ?? systemClock;
  const ledgers = Array.from({ length: nodes }, () => new RedisBudgetLedger({ url: server.url, namespace: "budgets", clock }));
  const all = ledgers.map((ledger) => new SharedBudgets({ ledger, callMsMax: 10_000, waitMsMax: 10_000, ...options, clock }));
  return {
    nodes: all,
    async close() {
      await Promise.all(all.map((node) => node.close()));
      await Promise.all(ledgers.map((ledger) => ledger.close()));
    },
  };
}

async function empty(server: RedisServer): Promise<void> {
  const admin = new RedisClient(server.url, { autoReconnect: false });
  await admin.connect();
  await admin.send("FLUSHALL", []);
  admin.close();
}

/** It may be another's turn to try the ledger first. */
async function onceBack(clock: VirtualClock, node: SharedBudgets, tokens: number): Promise<SharedOutcome> {
  for (;;) {
    await clock.advance(250);
    const outcome = await node.reserve(minute(10_000), tokens);
    if (outcome.kind !== "away") return outcome;
  }
}

const minute = (tokensPerMinute: number) => [{ key: "tenant", limits: { tokensPerMinute } }];
const kinds = (outcomes: readonly SharedOutcome[]) => [...new Set(outcomes.map(({ kind }) => kind))].sort();

function budgetsOverRedis(server: RedisServer): void {
  test.each([1, 3, 8])(
    `${CALLERS} callers at once on each of %d nodes: as much as there is, and no token more`,
    async (count) => {
      await empty(server);
      const { nodes, close } = cluster(server, count);
      let reserved = 0;
      const caller = async (node: SharedBudgets) => {
        for (let round = 0; round < 4; round++) {
          const outcome = await node.reserve(minute(20_000), 133);
          if (outcome.kind === "away") throw new Error("away");
          if (outcome.kind === "reserved") reserved += 133;
        }
      };
      await Promise.all(nodes.flatMap((node) => Array.from({ length: CALLERS }, () => caller(node))));
      expect(reserved).toBeLessThanOrEqual(20_000);
      expect(reserved).toBeGreaterThan(0.75 * 20_000);
      await close();
    },
    CASE_MS_MAX,
  );

  test("what calls settle for is all that is charged, and their places come free", async () => {
    await empty(server);
    const { nodes, close } = cluster(server, 3);
    const accounts = [
      { key: "tenant", limits: { tokensPerMinute: 1_000_000, tokensPerDay: 5_000_000 } },
      { key: "user", limits: { concurrent: 7 } },
    ];
    let used = 0;
    let open = 0;
    const caller = async (node: SharedBudgets, index: number) => {
      const outcome = await node.reserve(accounts, 500);
      if (outcome.kind !== "reserved") return expect(outcome).toMatchObject({ account: "user", limit: "concurrent" });
      expect(++open).toBeLessThanOrEqual(7);
      await Promise.resolve();
      open--;
      used += index;
      outcome.settle(index);
    };
    await Promise.all(nodes.flatMap((node) => Array.from({ length: CALLERS }, (_, index) => caller(node, index))));
    expect(used).toBeGreaterThan(0);
    const reader = cluster(server, 1);
    await close();
    expect(await reader.nodes[0]?.usageOf("tenant")).toEqual({ minute: used, day: used, concurrent: 0 });
    expect(await reader.nodes[0]?.usageOf("user")).toMatchObject({ concurrent: 0 });
    await reader.close();
  });

  test("killed and started again: answers all along, no more than leased, and work goes on", async () => {
    await empty(server);
    const clock = new VirtualClock(undefined, setImmediate);
    const { nodes, close } = cluster(server, 1, { clock, coolDownMs: 1000 });
    const [node] = nodes as [SharedBudgets];
    const first = await node.reserve(minute(10_000), 1000);
    if (first.kind !== "reserved") throw new Error(first.kind);
    first.release();
    await server.kill();
    expect(node.reserve(minute(10_000), 1000)).toMatchObject({ kind: "reserved" }); // Of its block.
    const herd = await Promise.all(Array.from({ length: CALLERS }, () => node.reserve(minute(10_000), 1000)));
    expect(kinds(herd)).toEqual(["away"]);
    await server.restart();
    expect(node.reserve(minute(10_000), 1000)).toMatchObject({ kind: "away" }); // It is not tried again before its time.
    expect(await onceBack(clock, node, 1000)).toMatchObject({ kind: "reserved" });
    await close();
  });

  test("frozen: whoever waits is told within its limit, and it works again once thawed", async () => {
    await empty(server);
    const clock = new VirtualClock(undefined, setImmediate);
    const { nodes, close } = cluster(server, 1, { clock, callMsMax: 50, coolDownMs: 1000 });
    const [node] = nodes as [SharedBudgets];
    expect(await node.reserve(minute(10_000), 10_000)).toMatchObject({ kind: "reserved" });
    server.freeze();
    const herd = Promise.all(
      Array.from({ length: CALLERS }, () => node.reserve([{ key: "other", limits: { tokensPerMinute: 10 } }], 1)),
    );
    await clock.advance(50);
    expect(kinds(await herd)).toEqual(["away"]);
    server.thaw();
    expect(await onceBack(clock, node, 1)).toMatchObject({ kind: "refused", limit: "tokensPerMinute" });
    await close();
  });

  test("a dead node's calls are not for ever, and a server that forgot its script is told it again", async () => {
    await empty(server);
    const { nodes, close } = cluster(server, 2);
    const [left, right] = nodes as [SharedBudgets, SharedBudgets];
    const accounts = [{ key: "user", limits: { concurrent: 1 } }];
    expect(await left.reserve(accounts, 0)).toMatchObject({ kind: "reserved" });
    expect(await right.reserve(accounts, 0)).toMatchObject({ kind: "refused", limit: "concurrent" });
    const admin = new RedisClient(server.url, { autoReconnect: false });
    await admin.connect();
    await admin.send("SCRIPT", ["FLUSH"]);
    const [account = ""] = await admin.keys("*user");
    for (const [field, value] of Object.entries(await admin.hgetall(account))) {
      const [calls, endMs] = value.split(":");
      if (field.startsWith("n:")) await admin.send("HSET", [account, field, `${calls}:${Number(endMs) - 15_000}`]);
    }
    admin.close();
    const again = cluster(server, 1);
    expect(await again.nodes[0]?.reserve(accounts, 0)).toMatchObject({ kind: "reserved" });
    expect((await right.usageOf("user"))?.concurrent).toBe(1);
    await again.close();
    await close();
  });
}

function quotasOverRedis(server: RedisServer): void {
  const CONCURRENT = 7;

  test("two servers let in as much as the quota together; while Redis is killed a caller is told so, and served when it is back", async () => {
    await empty(server);
    const upstream = await faultUpstream();
    const clock = new JumpingClock();
    const config = {
      upstreams: upstreamsAt(upstream.url),
      redisUrl: server.url,
      budgets: { user: { concurrent: CONCURRENT } },
    };
    const both = await Promise.all([startMillrace({ config, clock }), startMillrace({ config, clock })]);
    const held = holdAnswers(upstream);
    const ask = async (millrace: Millrace, text: string) => {
      const body = JSON.stringify({ model: "m", max_tokens: 5, messages: [{ role: "user", content: text }] });
      return fetch(`${millrace.url}/v1/messages`, { method: "POST", headers: { "content-type": "application/json" }, body });
    };
    let refused = 0;
    const herd = both.flatMap((millrace) =>
      Array.from({ length: CALLERS }, async (_, at) => {
        const answer = await ask(millrace, `${at}`);
        if (answer.status === 429) refused++;
        return answer.status;
      }),
    );
    while (refused + upstream.requests.length < 2 * CALLERS) await fetch(`${both[0].url}/healthz`);
    expect(upstream.requests).toHaveLength(CONCURRENT);
    held.releaseAll();
    expect((await Promise.all(herd)).filter((status) => status === 200)).toHaveLength(CONCURRENT);
    await server.kill();
    const [first] = both;
    expect((await ask(first, "within what it has leased")).status).toBe(200);
    clock.jump(20_000);
    const untold = await ask(first, "beyond it");
    expect(untold.status).toBe(503);
    expect(Number(untold.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await untold.text()).toContain("cannot be looked up");
    expect(await first.metric("millrace_budget_ledger_away")).toBe(1);
    await server.restart();
    let back = await ask(first, "there again");
    while (back.status === 503) {
      clock.jump(250);
      back = await ask(first, "there again");
    }
    expect(back.status).toBe(200);
    expect(await first.metric("millrace_budget_ledger_away")).toBe(0);
    await Promise.all(both.map((millrace) => millrace.stop()));
    await upstream.close();
  });
}

if (redis.kind === "ready") {
  const server = redis.engine;
  describe("budgets over Redis", () => budgetsOverRedis(server));
  describe("quotas of servers over Redis", () => quotasOverRedis(server));
} else test.skip(`skipped: budgets over Redis (${redis.reason})`, () => {});
