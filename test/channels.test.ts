// Runs the channel's conformance suite against every channel, on the real engine, and what only Redis can suffer: a server that goes away.

import { afterAll, describe, expect, test } from "bun:test";
import { RedisClient } from "bun";
import { Cancellation, systemClock } from "../src/base/index.ts";
import { type ChannelHarness, channelCases } from "../src/ports/conformance/index.ts";
import type { Channel } from "../src/ports/index.ts";
import { MemoryChannel } from "../src/stores/memory/index.ts";
import { RedisChannel } from "../src/stores/redis/index.ts";
import { startRedis } from "./kit/engines.ts";

const CASE_MS_MAX = 30_000;
const redis = await startRedis();

afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
});

function harnessOf(make: (limits: object) => Channel, sharesTexts: boolean): ChannelHarness {
  const opened: Channel[] = [];
  return {
    open: async (limits = {}) => {
      const channel = make(limits);
      opened.push(channel);
      return channel;
    },
    sharesTexts,
    close: async () => {
      await Promise.all(opened.map((channel) => channel.close()));
    },
  };
}

function conform(engine: string, lack: string | undefined, make: () => ChannelHarness): void {
  describe(`channel on ${engine}`, () => {
    for (const { name, needs, run } of channelCases) {
      if (needs && lack) {
        test.skip(`skipped: ${name} (${lack})`, () => {});
        continue;
      }
      test(
        name,
        async () => {
          const harness = make();
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

conform("memory", "each has its own texts", () => harnessOf((limits) => new MemoryChannel(limits), false));
if (redis.kind === "ready") {
  const { url } = redis.engine;
  const channelOf = (limits: object = {}) => new RedisChannel({ url, namespace: "c", clock: systemClock, ...limits });
  conform("Redis", undefined, () => harnessOf(channelOf, true));

  test(
    "a subscriber is told when the connection broke, and hears again by itself",
    async () => {
      const channel = channelOf();
      const signal = new Cancellation();
      const events = (await channel.subscribe("a", signal))[Symbol.asyncIterator]();
      const admin = new RedisClient(url, { autoReconnect: false });
      await admin.send("CLIENT", ["KILL", "TYPE", "pubsub"]);
      expect((await events.next()).value).toEqual({ kind: "lost" });
      // Told a second time once it listens again: all from then on comes.
      expect((await events.next()).value).toEqual({ kind: "lost" });
      await channel.publish("a", "x");
      expect((await events.next()).value).toEqual({ kind: "text", text: "x" });
      signal.abort();
      admin.close();
      await channel.close();
    },
    CASE_MS_MAX,
  );
} else {
  test.skip(`skipped: channel on Redis, ${channelCases.length + 1} cases (${redis.reason})`, () => {});
}
