// Reads the written configuration: the file, then the environment and the flags laid over it. Checks no values.

import { isAbsolute, join, resolve } from "node:path";
import { MillraceError } from "../base/index.ts";
import { jsonProblem } from "./config-json.ts";
import type { Environment } from "./config-resolve.ts";
import { environmentVariables, type SettingName } from "./config-schema.ts";

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Record<string, unknown>;
}

/** As written on the command line, by the key that they set. */
export type ConfigFlags = Readonly<Partial<Record<"host" | "port" | "dataDir", string | undefined>>>;

export const CONFIG_FILE = "millrace.config.json";
const FILE_CHARACTERS_MAX = 1024 * 1024;

/** The file at `path`, which must be there, or the default one in `directory`, which may be absent. */
export function readConfigFile(
  path: string | undefined,
  directory: string,
  readFile: (path: string) => string,
): ConfigFile | undefined {
  const whole = path !== undefined && isAbsolute(path) ? path : join(resolve(directory), path ?? CONFIG_FILE);
  let text: string;
  try {
    text = readFile(whole);
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    if (code === "ENOENT" && path === undefined) return undefined;
    const what = code === "ENOENT" ? "is not there" : `cannot be read (${String(code ?? "unknown cause")})`;
    throw new MillraceError("config_invalid", `The configuration file ${whole} ${what}; check --config and permissions.`, {
      cause,
    });
  }
  return { path: whole, content: parse(text, whole) };
}

function parse(text: string, path: string): Record<string, unknown> {
  const invalid = (what: string) => new MillraceError("config_invalid", `The configuration file ${path} ${what}`);
  if (text.length > FILE_CHARACTERS_MAX) throw invalid(`is over ${FILE_CHARACTERS_MAX} characters; that cannot be meant.`);
  const plain = text.replace(/^\uFEFF/, "");
  let content: unknown;
  try {
    content = JSON.parse(plain);
  } catch {
    // The parser's own message repeats text of the file, so it is not passed on.
    const problem = jsonProblem(plain);
    const place = problem ? `: line ${problem.line}, column ${problem.column} should be ${problem.expected}` : "";
    throw invalid(`is not JSON${place}. Comments and commas before a closing bracket are not allowed.`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw invalid('must hold one object, such as { "port": 7878 }.');
  }
  return content as Record<string, unknown>;
}

/** Text of the environment or a flag as the key's own kind: digits become a number, the schema judges the rest. */
const asWritten = (key: SettingName, text: string): unknown => (key === "port" && /^\d{1,9}$/.test(text) ? Number(text) : text);

/** The written settings, and where those came from that are not from the file. Empty variables count as not set. */
export function overlay(
  content: Record<string, unknown>,
  environment: Environment,
  flags: ConfigFlags,
): { raw: Record<string, unknown>; origins: Map<string, string> } {
  const raw = { ...content };
  const origins = new Map<string, string>();
  const put = (key: SettingName, text: string | undefined, origin: string) => {
    if (text === undefined || text === "") return;
    raw[key] = asWritten(key, text);
    origins.set(key, origin);
  };
  for (const [variable, key] of Object.entries(environmentVariables)) {
    put(key, environment[variable]?.trim(), `environment variable ${variable}`);
  }
  put("host", flags.host, "--host");
  put("port", flags.port, "--port");
  put("dataDir", flags.dataDir, "--data");
  return { raw, origins };
}
