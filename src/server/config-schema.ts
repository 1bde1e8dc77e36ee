// The one schema of the configuration file, as it is written. Sections are in their own files; config.ts turns the
// parsed file into a `Config`. Descriptions here become docs/reference/config.md.

import { z } from "zod";
import { authSection } from "./config-auth.ts";
import { admissionSection, budgetsSection, routingSection } from "./config-flow.ts";
import { cacheSection, limitsSection } from "./config-limits.ts";
import { threadsSection } from "./config-threads.ts";
import { scriptedSection, upstreamsSection } from "./config-upstreams.ts";
import { projectsSection, workspacesSection } from "./config-workspaces.ts";

export const configSchema = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:[\]-]{1,255}$/)
    .meta({ words: "host name or address" })
    .default("127.0.0.1")
    .describe("Address to listen on. Anything but loopback needs `auth.required`."),
  port: z.int().min(0).max(65_535).default(7878).describe("Port to listen on; 0 takes a free one."),
  dataDir: z
    .string()
    .min(1)
    .max(4000)
    .default("./data")
    .describe(
      "Folder of the embedded databases, created when absent. In the file it is relative to the file, else to the working folder.",
    ),
  redisUrl: z
    .string()
    .max(4000)
    .meta({ words: "redis or rediss URL, or `env:NAME`" })
    .optional()
    .describe(
      "Redis or Valkey for tokens, the second cache tier, quotas and where conversations are warm, so that several servers share them. Never printed: it may hold a password.",
    ),
  databaseUrl: z
    .string()
    .max(4000)
    .meta({ words: "postgres URL, or `env:NAME`" })
    .optional()
    .describe("PostgreSQL for threads, so that several servers share them. Never printed: it may hold a password."),
  upstreams: upstreamsSection,
  scripted: scriptedSection,
  auth: authSection,
  cache: cacheSection,
  limits: limitsSection,
  admission: admissionSection,
  routing: routingSection,
  budgets: budgetsSection,
  threads: threadsSection,
  workspaces: workspacesSection,
  projects: projectsSection,
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info").describe("Least level that is written."),
      format: z.enum(["json", "text"]).default("json").describe("One JSON object a line, or plain text for people."),
    })
    .prefault({})
    .describe("The log on stderr."),
  metrics: z
    .strictObject({ enabled: z.boolean().default(true).describe("Serve `/metrics`.") })
    .prefault({})
    .describe("Prometheus text."),
});

export type Settings = z.output<typeof configSchema>;
export type SettingName = keyof Settings;

/** A key's place in the environment. Flags of `millrace serve` go before these, the file after. */
export const environmentVariables = {
  HOST: "host",
  PORT: "port",
  MILLRACE_DATA: "dataDir",
  REDIS_URL: "redisUrl",
  DATABASE_URL: "databaseUrl",
} as const satisfies Record<string, SettingName>;

/** Keys that the design names and this version does not serve: refused by name rather than as a typing mistake. */
export const keysOfLaterVersions = ["regions", "natsUrl"];
export const variablesOfLaterVersions = ["NATS_URL", "MILLRACE_REGION"];
