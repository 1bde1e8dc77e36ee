// Part of compose: the response cache with its second tier, and its figures.

import { type Clock, systemRandom } from "../base/index.ts";
import {
  decodeAnswer,
  encodeAnswer,
  type FlightHead,
  type RecallOptions,
  type StoredAnswer,
  tokensOf,
  weighAnswer,
} from "../gateway/index.ts";
import { Cache, Flights, TieredCache, type TieredCacheStats } from "../mechanisms/cache/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { openStore } from "./compose-stores.ts";
import type { Config } from "./config.ts";

const FLUSH_MS = 5000;
type Answers = Cache<StoredAnswer> | TieredCache<StoredAnswer>;

export interface OpenRecall {
  readonly options: Omit<RecallOptions, "memo">;
  /** Writes what waits for the second tier, bounded in time, and closes it. */
  close(): Promise<void>;
}

export function openRecall({ cache: settings, ...config }: Config, clock: Clock, monitor: Monitor): OpenRecall {
  const bounds = {
    clock,
    entriesMax: settings.entriesMax,
    bytesMax: settings.memoryBytes,
    ttlMs: settings.ttlSeconds * 1000,
    staleMs: settings.staleSeconds * 1000,
    weigh: weighAnswer,
    cost: tokensOf,
  };
  const { persist } = settings;
  const tier = persist.enabled
    ? openStore({ cache: settings, ...config }, clock, {
        namespace: "answers",
        bytesMax: persist.bytesMax,
        whenFull: "evict-oldest",
      })
    : undefined;
  const answers: Answers = tier
    ? new TieredCache<StoredAnswer>({
        ...bounds,
        tier,
        prefix: "answer/",
        hashKey: (key) => Bun.SHA256.hash(key, "hex"),
        encode: encodeAnswer,
        decode: decodeAnswer,
        persist: (_answer, hits, tokens) => hits > persist.hitsMin || tokens > persist.tokensMin,
        tierMsMax: persist.timeoutMs,
      })
    : new Cache<StoredAnswer>(bounds);
  const flights = new Flights<FlightHead, Uint8Array>({
    weigh: (chunk) => chunk.byteLength,
    bytesMax: settings.flightBytesMax,
  });
  watch(monitor, answers);
  const { scope, flightBytesMax } = settings;
  return {
    options: { clock, random: systemRandom, scope, cache: answers, flights, answerBytesMax: flightBytesMax },
    async close() {
      if (answers instanceof TieredCache) {
        await answers.flush(AbortSignal.timeout(FLUSH_MS));
        answers.close();
      }
      await tier?.close();
    },
  };
}

function watch(monitor: Monitor, answers: Answers): void {
  const gauge = (name: string, help: string, read: (stats: Partial<TieredCacheStats>) => number | undefined) =>
    monitor.polledGauge({ name, help, read: (set) => set(read(answers.stats()) ?? 0) });
  const counter = (name: string, help: string, read: (stats: Partial<TieredCacheStats>) => number | undefined) =>
    monitor.polledCounter({ name, help, read: (set) => set(read(answers.stats()) ?? 0) });
  gauge("millrace_cache_bytes", "Bytes of answers in memory.", ({ bytes }) => bytes);
  gauge("millrace_cache_entries", "Answers in memory.", ({ entries }) => entries);
  gauge("millrace_cache_tier_bypassed", "1 while the second tier is left alone because it failed.", (stats) =>
    stats.isTierBypassed ? 1 : 0,
  );
  counter("millrace_cache_tokens_saved_total", "Tokens that hits did not cost.", ({ costSaved }) => costSaved);
  counter("millrace_cache_evictions_total", "Answers evicted from memory.", ({ evictions }) => evictions);
  counter("millrace_cache_tier_hits_total", "Answers read from the second tier.", ({ tierHits }) => tierHits);
  counter(
    "millrace_cache_tier_writes_dropped_total",
    "Writes to the second tier dropped because too many waited.",
    (stats) => stats.tierWritesDropped,
  );
}
