// Entry of the process that serves a repository to all assistants: `millrace mcp` starts it, with what it was told itself, and lets go of it. Says
// on its output when it can be connected to, and nothing more.

import { systemClock } from "../../base/index.ts";
import { Workspace } from "../../workspace/index.ts";
import type { Input } from "../command.ts";
import { openCache } from "../record-cache.ts";
import { processTerminal } from "../terminal.ts";
import { untilSignal } from "../until-signal.ts";
import { version } from "../version.ts";
import { hostTools } from "./tool-host.ts";
import { tools } from "./tools.ts";

export interface HostOrder {
  readonly folder: string;
  readonly values: Input["values"];
  readonly switches: readonly string[];
  readonly socket: string;
  readonly idleMsMax: number;
}

if (import.meta.main) {
  const { folder, values, switches, socket, idleMsMax } = JSON.parse(process.argv[2] ?? "{}") as HostOrder;
  const input: Input = { values, switches: new Set(switches), operand: folder, operands: [folder] };
  const store = openCache(input, { ...processTerminal, err: () => {} });
  const workspace = new Workspace({ folder, clock: systemClock, isWatched: true, ...(store ? { store } : {}) });
  const ready = () => void process.stdout.write("ready\n");
  await hostTools({ ...{ workspace, tools, version, clock: systemClock, socket, idleMsMax, ready }, ended: untilSignal() });
  await workspace.close();
  await store?.close();
  process.exit(0);
}
