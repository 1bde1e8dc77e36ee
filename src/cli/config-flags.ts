// The flags that say which configuration a command works on, the same for every command.

import { type Config, loadConfig } from "../server/index.ts";
import type { Flag, Input } from "./command.ts";

export const portProblem = (text: string): string | undefined =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? undefined : "is no port: write a whole number from 0 to 65535";

export const configFlag = {
  config: { value: "FILE", about: "configuration file (default: millrace.config.json, if it is there)" },
} as const satisfies Record<string, Flag>;

export const dataFlag = {
  data: { value: "FOLDER", about: "folder of the embedded databases (default: ./data)" },
} as const satisfies Record<string, Flag>;

export const listenFlags = {
  port: { value: "PORT", about: "port to listen on, 0 for a free one (default: 7878)", check: portProblem },
  host: { value: "HOST", about: "address to listen on (default: 127.0.0.1)" },
} as const satisfies Record<string, Flag>;

/** Throws MillraceError `config_invalid` with every problem. */
export function configOf({ values }: Input): Config {
  return loadConfig({ path: values.config, flags: { host: values.host, port: values.port, dataDir: values.data } });
}
