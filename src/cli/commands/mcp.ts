// `millrace mcp`: the workspace of one folder for an assistant, over MCP on standard input and output. All assistants of one person that work in one
// folder share one process that holds it, and so one watcher; where that cannot be, each has its own.

import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../base/index.ts";
import { cacheFlags } from "../cache-flags.ts";
import type { Command, Input } from "../command.ts";
import type { HostOrder } from "../mcp/host-main.ts";
import { reachHost } from "../mcp/reach-host.ts";
import { relay } from "../mcp/relay.ts";
import { sharedSocket } from "../mcp/shared-socket.ts";
import { untilSignal } from "../until-signal.ts";
import { version } from "../version.ts";

/** Flags that name a file or folder. */
const PATHS: ReadonlySet<string> = new Set(["cache", "key-file"]);
const KEEP_MINUTES = 10;
const KEEP_MINUTES_MAX = 24 * 60;

const minutesProblem = (text: string): string | undefined => {
  const minutes = Number(text);
  if (text !== "" && Number.isInteger(minutes) && minutes >= 0 && minutes <= KEEP_MINUTES_MAX) return undefined;
  return `is no time: write a whole number of minutes from 0 to ${KEEP_MINUTES_MAX}`;
};

export const mcp: Command = {
  about:
    "Serves a repository to an assistant over MCP, on standard input and output: map, find, read, list and grep.\n" +
    "Answers are of the files as they are at that moment, and cost milliseconds. Your assistant starts it; docs/guide/mcp.md says how.\n" +
    "Assistants that work in one folder share one process in the background, which watches the folder once for all of them.",
  operand: "DIR",
  operandDefault: ".",
  flags: {
    ...cacheFlags,
    keep: {
      ...{ value: "MINUTES", about: `how long the shared process waits for the next assistant (default: ${KEEP_MINUTES})` },
      check: minutesProblem,
    },
    alone: { about: "share no process with other assistants" },
  },
  examples: ["millrace mcp", "claude mcp add millrace -- millrace mcp", "millrace mcp ~/src/app"],
  async run(input, terminal) {
    const order = input.switches.has("alone") ? undefined : orderOf(input);
    const ended = untilSignal();
    // Loaded where it is needed alone: who only hands on is there sooner, and smaller.
    const alone = async () => (await import("../mcp/serve-alone.ts")).serveAlone(input, terminal, ended);
    const reach = async () => (order && (await reachHost(order, systemClock))) ?? alone();
    await relay({ input: process.stdin, output: process.stdout, clock: systemClock, reach, ended });
    return 0;
  },
};

/** Undefined: this cannot be shared here. */
function orderOf({ operand, values: { keep = String(KEEP_MINUTES), ...values }, switches }: Input): HostOrder | undefined {
  const folder = realFolder(operand);
  if (folder === undefined) return undefined;
  // The shared process is somewhere else.
  const paths = Object.entries(values).map(([name, value]) => [
    name,
    PATHS.has(name) && value !== undefined ? resolve(value) : value,
  ]);
  const given: Input["values"] = Object.fromEntries(paths);
  const named = [...switches].sort();
  const socket = sharedSocket(join(homedir(), ".cache", "millrace", "run"), [version, folder, given, named]);
  return socket === undefined ? undefined : { folder, values: given, switches: named, socket, idleMsMax: Number(keep) * 60_000 };
}

function realFolder(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
