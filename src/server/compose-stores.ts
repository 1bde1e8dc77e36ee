// Part of compose: which engine holds what. Redis where it is configured, since every server shares it; else SQLite
// files in the data folder.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/index.ts";
import type { BudgetLedger, KeyValue } from "../ports/index.ts";
import { RedisBudgetLedger, RedisKeyValue } from "../stores/redis/index.ts";
import { SqliteKeyValue } from "../stores/sqlite/index.ts";
import type { Config } from "./config.ts";

export interface StoreNeeds {
  /** Also the name of the SQLite file. */
  readonly namespace: string;
  /** Bound of the SQLite file's content; Redis is bounded by its own `maxmemory`. */
  readonly bytesMax: number;
  readonly whenFull: "refuse" | "evict-oldest";
}

export function openStore(config: Config, clock: Clock, { namespace, bytesMax, whenFull }: StoreNeeds): KeyValue {
  if (config.redisUrl) return new RedisKeyValue({ url: config.redisUrl.reveal(), clock, namespace: `millrace.${namespace}` });
  return new SqliteKeyValue({ path: join(folderOf(config), `${namespace}.db`), namespace, clock, bytesMax, whenFull });
}

/** The data folder, made when it is not there. */
export function folderOf({ dataDir }: Config): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return dataDir;
}

/** Undefined without Redis: then each server counts for itself. */
export function openBudgetLedger(config: Config, clock: Clock): BudgetLedger | undefined {
  return config.redisUrl && new RedisBudgetLedger({ url: config.redisUrl.reveal(), clock, namespace: "millrace.budgets" });
}
