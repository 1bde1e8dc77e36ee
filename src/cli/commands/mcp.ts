// `millrace mcp`: the workspace of one folder for an assistant, over MCP on standard input and output.

import { resolve } from "node:path";
import { systemClock } from "../../base/index.ts";
import { Workspace } from "../../workspace/index.ts";
import type { Command } from "../command.ts";
import { serveTools } from "../mcp/serve-tools.ts";
import { tools } from "../mcp/tools.ts";
import { cacheFlags, openCache } from "../record-cache.ts";
import { untilSignal } from "../until-signal.ts";
import { version } from "../version.ts";

export const mcp: Command = {
  about:
    "Serves a repository to an assistant over MCP, on standard input and output: map, find, read, list and grep.\n" +
    "Answers are of the files as they are at that moment, and cost milliseconds. Your assistant starts it; docs/guide/mcp.md says how.",
  operand: "DIR",
  operandDefault: ".",
  flags: cacheFlags,
  examples: ["millrace mcp", "claude mcp add millrace -- millrace mcp", "millrace mcp ~/src/app"],
  async run(input, terminal) {
    const store = openCache(input, terminal);
    const workspace = new Workspace({
      ...{ folder: resolve(input.operand), clock: systemClock, isWatched: true },
      ...(store ? { store } : {}),
    });
    try {
      await serveTools(workspace, tools, { version, ended: untilSignal() });
      return 0;
    } finally {
      await workspace.close();
      await store?.close();
    }
  },
};
