// The workspace in the process that an assistant started, for where none can be shared.

import { resolve } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { systemClock } from "../../base/index.ts";
import { Workspace } from "../../workspace/index.ts";
import type { Input } from "../command.ts";
import { openCache } from "../record-cache.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { serveTools } from "./serve-tools.ts";
import { tools } from "./tools.ts";

/** A stream that answers. Throws as `Workspace` does. */
export function serveAlone(input: Input, terminal: Terminal, ended: Promise<unknown>): Duplex {
  const store = openCache(input, terminal);
  const workspace = new Workspace({
    ...{ folder: resolve(input.operand), clock: systemClock, isWatched: true },
    ...(store ? { store } : {}),
  });
  const [ours, theirs] = duplexPair();
  const served = serveTools(workspace, tools, { version, input: theirs, output: theirs, ended });
  const close = async () => {
    await workspace.close();
    await store?.close();
    ours.destroy();
  };
  void served.then(close, close);
  return ours;
}
