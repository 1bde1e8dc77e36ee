// The configuration: flags before environment before file before defaults, checked as a whole, then frozen.
// The only place that reads the environment. Throws `config_invalid` with every problem at once; never prints a secret.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MillraceError, Secret } from "../base/index.ts";
import { type Problem, problemsInWords, problemsOf } from "./config-problems.ts";
import { type Environment, type JwtConfig, Resolver, type UpstreamConfig, type UpstreamSettings } from "./config-resolve.ts";
import { configSchema, type SettingName, type Settings, variablesOfLaterVersions } from "./config-schema.ts";
import { type ConfigFlags, overlay, readConfigFile } from "./config-source.ts";
import { upstreamsSection } from "./config-upstreams.ts";
import { configNode } from "./config-words.ts";

export type { Credential, Environment, JwtConfig, UpstreamConfig } from "./config-resolve.ts";

/** Read-only all the way down. */
type Frozen<T> = T extends Secret ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

export type CacheConfig = Frozen<Settings["cache"]>;
export type LimitsConfig = Frozen<Settings["limits"]>;
export type LogConfig = Frozen<Settings["log"]>;
export type MetricsConfig = Frozen<Settings["metrics"]>;
export type ScriptedConfig = Frozen<Settings["scripted"] & { enabled: boolean }>;
export type AuthConfig = Frozen<Omit<Settings["auth"], "jwt"> & { jwt: JwtConfig | undefined }>;

/** Where the configuration came from. Nobody's setting: `config print` leaves it out. */
export interface ConfigOrigin {
  /** Absolute path of the file read, if there was one. */
  readonly file: string | undefined;
  /** What the upstreams came from: the file, provider keys in the environment, or nothing. */
  readonly upstreams: "file" | "keys" | "none";
  /** Things that are allowed but probably not meant, one sentence each. */
  readonly notices: readonly string[];
  /** Outgoing requests that the runtime makes at once (`BUN_CONFIG_MAX_HTTP_REQUESTS`, 256 unless raised). */
  readonly outgoingRequestsMax: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly redisUrl: Secret | undefined;
  readonly databaseUrl: Secret | undefined;
  readonly upstreams: readonly Frozen<UpstreamConfig>[];
  readonly scripted: ScriptedConfig;
  readonly auth: AuthConfig;
  readonly cache: CacheConfig;
  readonly limits: LimitsConfig;
  readonly admission: Frozen<Settings["admission"]>;
  readonly routing: Frozen<Settings["routing"]>;
  readonly budgets: Frozen<Settings["budgets"]>;
  readonly threads: Frozen<Settings["threads"]>;
  /** With absolute paths. */
  readonly workspaces: Frozen<Settings["workspaces"]>;
  readonly projects: Frozen<Settings["projects"]>;
  readonly log: LogConfig;
  readonly metrics: MetricsConfig;
  readonly origin: ConfigOrigin;
}

export interface LoadOptions {
  /** Configuration file. Must exist; without it `millrace.config.json` in `directory` is read if it is there. */
  path?: string | undefined;
  /** As written on the command line. */
  flags?: ConfigFlags;
  /** Default: the process's own. */
  env?: Environment;
  /** Working folder. Default: the process's own. */
  directory?: string;
  /** Throws an error with code ENOENT for a file that is not there. */
  readFile?: (path: string) => string;
}

const RUNTIME_REQUESTS_MAX = 256;
const PROVIDERS: readonly (Pick<UpstreamSettings, "name" | "dialect" | "baseUrl"> & { variable: string })[] = [
  { name: "anthropic", dialect: "anthropic", baseUrl: "https://api.anthropic.com", variable: "ANTHROPIC_API_KEY" },
  { name: "openai", dialect: "openai", baseUrl: "https://api.openai.com/v1", variable: "OPENAI_API_KEY" },
];

/** Reads, checks and freezes the configuration. Throws MillraceError `config_invalid` naming every problem. */
export function loadConfig(options: LoadOptions = {}): Config {
  const env = options.env ?? process.env;
  const directory = options.directory ?? process.cwd();
  const file = readConfigFile(options.path, directory, options.readFile ?? ((path) => readFileSync(path, "utf8")));
  const { raw, origins } = overlay(file?.content ?? {}, env, options.flags ?? {});
  const parsed = configSchema.safeParse(raw);
  const problems: Problem[] = parsed.success ? [] : problemsOf(parsed.error.issues, configNode(), raw);
  const sound: Partial<Settings> = parsed.success ? parsed.data : soundSections(raw);

  const resolver = new Resolver(env, problems);
  const upstreams = resolver.upstreams(writtenUpstreams(sound, resolver));
  const workspaces = resolver.workspaces(sound.workspaces ?? [], resolve(directory, file ? dirname(file.path) : ""));
  resolver.projects(sound.projects ?? []);
  const jwt = resolver.jwt(sound.auth?.jwt);
  const redisUrl = resolver.secretUrl("redisUrl", sound.redisUrl, ["redis:", "rediss:"]);
  const databaseUrl = resolver.secretUrl("databaseUrl", sound.databaseUrl, ["postgres:", "postgresql:"]);
  if (sound.host !== undefined && sound.auth) resolver.exposure(sound.host, sound.auth.required);
  if (sound.upstreams && upstreams.length === 0 && sound.scripted?.enabled === false) {
    problems.push({
      path: ["scripted", "enabled"],
      text: "is false and there is no upstream; add one to `upstreams`, or remove it",
    });
  }
  if (!parsed.success || problems.length > 0) {
    throw new MillraceError("config_invalid", problemsInWords(problems, file?.path, origins));
  }

  const settings = parsed.data;
  const dataDirInFile = file?.content.dataDir !== undefined && !origins.has("dataDir");
  return freeze({
    ...settings,
    dataDir: resolve(directory, dataDirInFile ? dirname(file.path) : "", settings.dataDir),
    redisUrl,
    databaseUrl,
    upstreams,
    workspaces,
    scripted: { ...settings.scripted, enabled: settings.scripted.enabled ?? upstreams.length === 0 },
    auth: { ...settings.auth, jwt },
    origin: {
      file: file?.path,
      upstreams: upstreams.length === 0 ? "none" : settings.upstreams.length === 0 ? "keys" : "file",
      notices: noticesOf(settings, resolver),
      outgoingRequestsMax: Number(resolver.variable("BUN_CONFIG_MAX_HTTP_REQUESTS")) || RUNTIME_REQUESTS_MAX,
    },
  });
}

/** The sections that can be used although others cannot, so that their problems are told in the same breath. */
function soundSections(raw: Record<string, unknown>): Partial<Settings> {
  const sound: Record<string, unknown> = {};
  for (const [name, section] of Object.entries(configSchema.shape)) {
    const parsed = section.safeParse(raw[name]);
    if (parsed.success) sound[name as SettingName] = parsed.data;
  }
  return sound;
}

/** The upstreams of the file; without any, one for each provider key, unless the scripted model was asked for. */
function writtenUpstreams(settings: Partial<Settings>, resolver: Resolver): readonly UpstreamSettings[] {
  if (settings.upstreams?.length !== 0 || settings.scripted?.enabled === true) return settings.upstreams ?? [];
  const present = PROVIDERS.filter(({ variable }) => resolver.variable(variable) !== undefined);
  const written = present.map(({ variable, ...provider }) => ({ ...provider, credential: `env:${variable}` }));
  return upstreamsSection.parse(written);
}

function noticesOf(settings: Settings, resolver: Resolver): string[] {
  const unused = variablesOfLaterVersions
    .filter((name) => resolver.variable(name) !== undefined)
    .map((name) => `The environment variable ${name} is set; this version does not use it.`);
  const pathless = settings.upstreams
    .filter(({ dialect, baseUrl }) => dialect === "openai" && new URL(baseUrl).pathname === "/")
    .map(({ name }) => `The base URL of upstream ${name} has no path; OpenAI base URLs usually end in /v1.`);
  return [...unused, ...pathless];
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Secret) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

/** The configuration as text for people and files of record: JSON, every secret as `[secret]`. */
export function configInWords(config: Config): string {
  const { origin: _origin, ...settings } = config;
  return JSON.stringify(settings, null, 2);
}
