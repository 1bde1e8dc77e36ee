// Numbers of the configuration with their limits: sizes, times and counts. Every one has a least and a most, so that
// nothing can be configured to be unbounded.

import { z } from "zod";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY_SECONDS = 86_400;

const whole = (least: number, most: number) => z.int().min(least).max(most);

export const limitsSection = z
  .strictObject({
    bodyBytesMax: whole(KIB, GIB)
      .default(64 * MIB)
      .describe("Largest request body in bytes; a larger one is answered 413."),
    answerBytesMax: whole(KIB, GIB)
      .default(64 * MIB)
      .describe("Largest answer of an upstream in bytes, where it is not a stream; a larger one is an error."),
    bodyMs: whole(100, 30 * MINUTE)
      .default(60 * SECOND)
      .describe("Longest time a caller may take to send its body; then 408."),
    connectMs: whole(100, 5 * MINUTE)
      .default(10 * SECOND)
      .describe("Longest time to connect to an upstream."),
    headersMs: whole(100, 60 * MINUTE)
      .default(10 * MINUTE)
      .describe("Longest time until an upstream sends its response headers. Without streaming that is the whole generation."),
    firstByteMs: whole(100, 60 * MINUTE)
      .default(5 * MINUTE)
      .describe("Longest time between an upstream's headers and the first byte of its body."),
    idleMs: whole(100, 60 * MINUTE)
      .default(5 * MINUTE)
      .describe("Longest silence of an upstream in the middle of its body."),
    totalMs: whole(SECOND, 24 * 60 * MINUTE)
      .default(60 * MINUTE)
      .describe("Longest time for a whole call."),
    keepAliveMs: whole(100, 5 * MINUTE)
      .default(15 * SECOND)
      .describe("Silence after which a streaming caller gets a `ping` or comment, so that nothing on the way hangs up."),
    callsMax: whole(1, 1_000_000)
      .default(10_000)
      .describe("Open model calls at once; one more is answered 503 with `retry-after`."),
    shutdownMs: whole(0, 60 * MINUTE)
      .default(25 * SECOND)
      .describe("How long open streams may go on after SIGTERM before they are cut."),
  })
  .prefault({})
  .describe("Limits of bodies, times and calls.");

export const cacheSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Answer repeated requests from cache and share identical requests in flight."),
    entriesMax: whole(1, 10_000_000).default(1000).describe("Most answers kept in memory."),
    memoryBytes: whole(MIB, 1024 * GIB)
      .default(256 * MIB)
      .describe("Most bytes of answers kept in memory."),
    ttlSeconds: whole(1, 365 * DAY_SECONDS)
      .default(3600)
      .describe("How long an answer stays fresh."),
    staleSeconds: whole(0, 365 * DAY_SECONDS)
      .default(0)
      .describe("How long after that it may still be given out while one call refreshes it. 0: never."),
    scope: z
      .enum(["user", "team", "tenant"])
      .default("team")
      .describe("Who shares answers: the same user, the same team, or everyone of a tenant."),
    flightBytesMax: whole(64 * KIB, GIB)
      .default(32 * MIB)
      .describe(
        "Most bytes of one answer in flight kept for callers that join late; a larger answer is neither shared nor stored.",
      ),
    persist: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe("Keep worthwhile answers beyond a restart: in Redis with `redisUrl`, else in SQLite."),
        hitsMin: whole(0, 1_000_000).default(5).describe("An answer is persisted when it was given out more often than this,"),
        tokensMin: whole(0, 100_000_000).default(4000).describe("or when it took more tokens than this."),
        bytesMax: whole(MIB, 1024 * GIB)
          .default(GIB)
          .describe("Most bytes of answers kept in SQLite. Redis is bounded by its own `maxmemory`."),
        timeoutMs: whole(1, 10 * SECOND)
          .default(50)
          .describe("Longest time to wait for the persistent tier; then the request goes on without it."),
      })
      .prefault({})
      .describe("The second cache tier."),
  })
  .prefault({})
  .describe("Answers from cache.");
