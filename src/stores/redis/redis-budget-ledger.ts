// A budget ledger in Redis or Valkey. One script sees and changes all accounts of a call at once, by the server's time.
// An account is a hash `{<namespace>}:<key>`, gone when its day is over: of a cluster, all accounts are on one node.
// Nothing is sent twice: a lease whose answer was lost is lost, until it is over by itself.

import type { RedisClient } from "bun";
import {
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetGrant,
  type BudgetLedger,
  type BudgetReport,
  type BudgetUse,
  checkBudgetCall,
  checkKey,
  checkNamespace,
} from "../../ports/index.ts";
import { ledgerScript } from "./ledger-script.ts";
import { RedisConnection, type RedisConnectionOptions } from "./redis-connection.ts";

const BYTES_PER_ENTRY = 300;
const LIMITS = ["concurrent", "tokensPerDay", "tokensPerMinute"] as const;
const NOT_ASKED = -1;

export interface RedisBudgetLedgerOptions extends RedisConnectionOptions {
  /** See checkNamespace in ports. */
  namespace: string;
}

export class RedisBudgetLedger implements BudgetLedger {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  /** The server's name for the script, once it has it. */
  #script: string | undefined;

  /** Does not connect: the first call does, so that a server may start while Redis is away. */
  constructor(options: RedisBudgetLedgerOptions) {
    checkNamespace(options.namespace);
    this.#prefix = `{${options.namespace}}:`;
    this.#connection = new RedisConnection(options);
  }

  async lease(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): Promise<BudgetAnswer> {
    checkBudgetCall(node, asks, reports);
    const [isGranted = 0, ...rest] = await this.#run(node, asks, reports);
    if (isGranted === 0) {
      const [index = 0, limit = 0, retryAfterMs = 0] = rest;
      return { kind: "refused", key: asks[index]?.key ?? "", limit: LIMITS[limit] ?? "concurrent", retryAfterMs };
    }
    const [second = 0, lifeMs = 0, ...each] = rest;
    const grants = asks.map((_, index): BudgetGrant => {
      const [tokens = 0, calls = 0, day = 0] = each.slice(3 * index);
      return { tokens, calls: calls === NOT_ASKED ? undefined : calls, second, day, lifeMs };
    });
    return { kind: "granted", grants };
  }

  async report(node: string, reports: readonly BudgetReport[]): Promise<void> {
    checkBudgetCall(node, [], reports);
    await this.#run(node, [], reports);
  }

  async usage(key: string): Promise<BudgetUse> {
    checkKey(key);
    const [minute = 0, day = 0, concurrent = 0] = await this.#send([key], JSON.stringify({ usage: true }));
    return { minute, day, concurrent };
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #run(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): Promise<number[]> {
    const keys = [...reports, ...asks].map(({ key }) => key);
    const bare = (entries: readonly object[]) => entries.map((entry) => ({ ...entry, key: undefined }));
    return this.#send(keys, JSON.stringify({ node, asks: bare(asks), reports: bare(reports) }));
  }

  async #send(keys: readonly string[], call: string): Promise<number[]> {
    const rest = [String(keys.length), ...keys.map((key) => this.#prefix + key), call];
    const answer: unknown = await this.#connection.run(call.length + keys.length * BYTES_PER_ENTRY, (client) =>
      this.#evaluate(client, rest),
    );
    return Array.isArray(answer) ? answer.map(Number) : [];
  }

  /** A server that was restarted has forgotten the script. It has done nothing then, so saying it again is safe. */
  async #evaluate(client: RedisClient, rest: string[]): Promise<unknown> {
    this.#script ??= String(await client.send("SCRIPT", ["LOAD", ledgerScript]));
    try {
      return await client.send("EVALSHA", [this.#script, ...rest]);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return await client.send("EVAL", [ledgerScript, ...rest]);
    }
  }
}
