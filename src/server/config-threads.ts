// The part of the configuration about threads: what an organisation lays down for its conversations.

import { z } from "zod";

const days = z.number().min(0.01).max(36_500);

export const threadsSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Keep threads, and serve `/api/threads`."),
    visibility: z
      .enum(["private", "team", "organisation"])
      .default("private")
      .describe(
        "Who may read a thread of which nobody said anything else: its owner, the owner's team, or everyone of the tenant.",
      ),
    links: z.boolean().default(true).describe("Let owners share by link. false: none is made, and none that was made opens."),
    linkDaysMax: days.optional().describe("Links end after so many days at most. Not set: when they are revoked."),
    messageMib: z.int().min(1).max(64).default(16).describe("Largest message in MiB."),
  })
  .prefault({})
  .describe("Conversations: listed, searched, shared.");
