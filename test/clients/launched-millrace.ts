// Millrace as its users start it: the launcher under Node, the built-in model without pace, a configuration file, a free
// port, an environment with nothing but PATH and HOME. Its log is read when it has ended, so that every line is there.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";

const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "millrace");
const LIFE_MS_MAX = 500_000;
const COMMAND_MS_MAX = 60_000;

/** A call's line of the log: the fields that the tests read. */
export interface CallLine {
  readonly event: "call";
  readonly endpoint: string;
  readonly model: string;
  readonly stream: boolean;
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly session: string;
  readonly status: number;
  readonly outcome: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

export type LogLine = CallLine | { readonly event: "listening" | "stopped"; readonly level: string; readonly openCalls?: number };

export interface LaunchedMillrace {
  readonly url: string;
  /** By `millrace token create`. */
  token(): Promise<string>;
  /** Ends it as an operator would. Rejects when it did not end well. */
  stop(): Promise<LogLine[]>;
}

/** @param folder an empty one, for its configuration and its data. */
export async function launchMillrace(folder: string, options: { authRequired: boolean }): Promise<LaunchedMillrace> {
  const file = join(folder, "millrace.config.json");
  const auth = { required: options.authRequired };
  const pace = { firstTokenMs: 0, tokensPerSecond: 0 };
  mkdirSync(folder);
  writeFileSync(file, JSON.stringify({ dataDir: "data", auth, scripted: { pace } }));
  const command = (...args: string[]) => ["node", LAUNCHER, ...args, "--config", file];
  const env = { PATH: process.env.PATH ?? "", HOME: folder };
  const child = Bun.spawn(command("serve", "--port", "0"), {
    ...{ cwd: folder, env, timeout: LIFE_MS_MAX },
    ...{ stdin: "ignore" as const, stdout: "pipe" as const, stderr: "pipe" as const },
  });
  const log = new Response(child.stderr).text();
  const url = await addressIn(child.stdout);
  if (url === undefined) throw new Error(`Millrace did not start: ${await log}`);
  return {
    url,
    async token() {
      const create = command("token", "create", "--user", "ada", "--team", "mill", "--json");
      const { out } = await runProgram(create, { cwd: folder, env, msMax: COMMAND_MS_MAX });
      return (JSON.parse(out) as { token: string }).token;
    },
    async stop() {
      child.kill("SIGTERM");
      const code = await child.exited;
      const lines = (await log).split("\n").filter((line) => line.startsWith("{"));
      if (code !== 0) throw new Error(`Millrace ended with ${code}: ${lines.at(-1)}`);
      return lines.map((line) => JSON.parse(line) as LogLine);
    },
  };
}

/** Reads on behind the address, or the program would block on its output. */
function addressIn(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of output) {
      text += decoder.decode(chunk, { stream: true });
      const url = /listens on (\S+)\n/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    }
    resolve(undefined);
  };
  void read();
  return promise;
}
