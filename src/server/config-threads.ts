// The part of the configuration about threads: what an organisation lays down for its conversations.

import { z } from "zod";

const days = z.number().min(0.01).max(36_500);
const name = z.string().min(1).max(256);

/** What a tenant may have otherwise than the others. */
const policy = {
  record: z.enum(["off", "metadata", "full"]),
  visibility: z.enum(["private", "team", "organisation"]),
  links: z.boolean(),
  linkDaysMax: days,
  retentionDays: days,
};

const secret = z.strictObject({
  name: z.string().min(1).max(64).describe("Stands in its place: `[redacted: NAME]`."),
  prefix: z.string().min(3).max(64).describe("What each such secret begins with; not preceded by a letter or digit."),
  characters: z
    .enum(["token", "dotted", "upper"])
    .default("token")
    .describe(
      "What follows. `token`: letters, digits, `_` and `-`. `dotted`: also `.`, `~`, `+`, `/` and `=`. `upper`: capitals and digits.",
    ),
  min: z.int().min(4).max(512).default(16).describe("How many of them at least."),
  keepsPrefix: z.boolean().default(false).describe("The beginning is no secret, and stays."),
});

const dollars = z.number().min(0).max(1_000_000);
const price = z.strictObject({
  models: z.array(name).min(1).max(100).describe("Names of models, or patterns with `*`, as clients write them."),
  input: dollars.describe(
    "Dollars for a million tokens of input that were neither read from the provider's cache nor written to it.",
  ),
  cacheRead: dollars.default(0).describe("For a million that were read from it."),
  cacheWrite: dollars.default(0).describe("For a million that were written to it."),
  output: dollars.describe("For a million tokens of output."),
});

export const threadsSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Keep threads, and serve `/api/threads`."),
    record: policy.record
      .default("full")
      .describe(
        "What of the conversations that pass becomes threads by itself: nothing; who, when, which model and how many tokens, but no word of it; or all.",
      ),
    whenAway: z
      .enum(["drop", "refuse"])
      .default("drop")
      .describe(
        "When a conversation cannot be recorded because the store is away or full: let it pass unrecorded, or refuse it with 503.",
      ),
    visibility: policy.visibility
      .default("private")
      .describe(
        "Who may read a thread of which nobody said anything else: its owner, the owner's team, or everyone of the tenant.",
      ),
    links: policy.links.default(true).describe("Let owners share by link. false: none is made, and none that was made opens."),
    linkDaysMax: policy.linkDaysMax.optional().describe("Links end after so many days at most. Not set: when they are revoked."),
    retentionDays: policy.retentionDays
      .optional()
      .describe("Threads last active longer ago are removed, within the hour. Not set: none is."),
    messageMib: z.int().min(1).max(64).default(16).describe("Largest message in MiB."),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(6000)
      .describe("Requests to `/api` of one user in any 60 seconds. One more is answered 429."),
    streamsMax: z.int().min(1).max(100_000).default(100).describe("Threads that one user may follow live at once."),
    prices: z
      .array(price)
      .max(1000)
      .default([])
      .describe("What models take, for the `cost` of threads. The first entry with the model counts; without one it is 0."),
    redact: z
      .array(secret)
      .max(100)
      .default([])
      .describe("Secrets of your own, taken out of threads before they are stored, beside those that are known."),
    tenants: z
      .record(name, z.strictObject(policy).partial())
      .default({})
      .describe(
        `What is otherwise for single tenants, by name: ${Object.keys(policy)
          .map((key) => `\`${key}\``)
          .join(", ")}. What is left out is as for all.`,
      ),
  })
  .prefault({})
  .describe("Conversations: recorded, listed, searched, shared, kept for a time.");
