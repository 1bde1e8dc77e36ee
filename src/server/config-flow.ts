// The part of the configuration about flow: the line before upstreams, which of them a conversation goes to, and quotas.
// Every number has a least and a most.

import { z } from "zod";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const whole = (least: number, most: number) => z.int().min(least).max(most);
const name = z.string().min(1).max(256);

export const admissionSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Let calls wait before an upstream that has enough. false: pass all on at once."),
    waitingMax: whole(1, 1_000_000)
      .default(1000)
      .describe(
        "Calls that may wait before one upstream; beyond it the lowest priority's heaviest tenant's newest is answered 503.",
      ),
    waitingTokensMax: whole(1000, 100_000_000_000)
      .default(50_000_000)
      .describe("Tokens of the calls that wait there; their bodies, about 4 bytes a token, are kept in memory."),
    waitMsMax: whole(100, 30 * MINUTE)
      .default(2 * MINUTE)
      .describe("Longest time in line; then 503 with `retry-after`."),
    tenantWeights: z
      .record(name, z.number().min(0.001).max(1000))
      .default({})
      .describe("Share of a tenant, in tokens, relative to the others that wait. 1 for those not named."),
  })
  .prefault({})
  .describe("The line before each upstream: strict priorities, fair shares in tokens, early refusals.");

export const routingSection = z
  .strictObject({
    epsilon: z
      .number()
      .min(0.01)
      .max(100)
      .default(0.25)
      .describe(
        "An upstream may have this share more than its own of the tokens under way before new conversations go elsewhere.",
      ),
    warmSeconds: whole(1, 86_400)
      .default(300)
      .describe("How long a prompt cache is thought to live without use; a conversation idle for longer is free to move."),
    retryShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe("Calls tried on a second upstream at most, as a share of all. 0: never."),
    ejectionSeconds: whole(1, 3600)
      .default(30)
      .describe("How long an upstream that fails is left alone at first; longer with each repeat."),
  })
  .prefault({})
  .describe("Which of several upstreams of one model: the one whose prompt cache is warm, at even load.");

const quota = z
  .strictObject({
    tokensPerMinute: whole(1, 1_000_000_000_000).optional().describe("Tokens in any 60 seconds, in and out, cached or not."),
    tokensPerDay: whole(1, 1_000_000_000_000).optional().describe("Tokens in a day."),
    concurrent: whole(1, 1_000_000).optional().describe("Calls open at once."),
  })
  .describe("Limits; what is left out is not limited.");

const named = (what: string, key: string) =>
  z.record(name, quota).default({}).describe(`${what}, by ${key}, instead of the general ones.`);

export const budgetsSection = z
  .strictObject({
    tenant: quota.prefault({}).describe("Limits of each tenant."),
    team: quota.prefault({}).describe("Limits of each team."),
    user: quota.prefault({}).describe("Limits of each user."),
    tenants: named("Limits of single tenants", "name"),
    teams: named("Limits of single teams", "`tenant/team`"),
    users: named("Limits of single users", "`tenant/user`"),
    awayShare: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        "With `redisUrl`, while Redis is away: the part of each limit that this server lets in by itself. 0: what it holds already, then 503.",
      ),
  })
  .prefault({})
  .describe("Quotas: an estimate is reserved before a call and settled on what it used. A caller over one is answered 429.");
