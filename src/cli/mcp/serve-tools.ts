// The tools over MCP on a pair of streams, by the official SDK. Errors of a tool are answers that say so; cancellations and progress of the
// protocol reach the work. The output belongs to the protocol alone.

import type { Readable, Writable } from "node:stream";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Watched, Workspace } from "../../workspace/index.ts";
import { problemOf, type Tool } from "./tools.ts";

/** Calls under way; more are told to come back. */
const CALLS_MAX = 32;
const INSTRUCTIONS =
  "Fast, exact answers about the repository. Begin with map; answers are of the files as they are at that moment, so nothing needs to be read twice to be sure.";

export interface ServeToolsOptions {
  readonly version: string;
  readonly input: Readable;
  readonly output: Writable;
  /** When it is to end though the client is there. */
  readonly ended: Promise<unknown>;
}

/** Resolves when the client is gone, or it is to end. */
export async function serveTools(
  workspace: Workspace,
  tools: readonly Tool[],
  { version, input, output, ended }: ServeToolsOptions,
): Promise<void> {
  const server = new Server({ name: "millrace", version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  let calls = 0;
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, description, isAlwaysShown, arguments: shape }) => ({
      name,
      description,
      inputSchema: z.toJSONSchema(z.object(shape), { io: "input" }) as { type: "object" },
      annotations: { readOnlyHint: true, openWorldHint: false },
      // Claude Code shows tools of servers to its model only after a search for them, unless they ask for more.
      ...(isAlwaysShown ? { _meta: { "anthropic/alwaysLoad": true } } : {}),
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const tool = byName.get(params.name);
    if (!tool) return problem(`There is no tool ${params.name}. There are ${[...byName.keys()].join(", ")}.`);
    if (calls >= CALLS_MAX) return problem(`${CALLS_MAX} calls are under way. Ask again when some of them are answered.`);
    calls++;
    const token = params._meta?.progressToken;
    const watched: Watched = {
      signal,
      progress: (what, done, of) => {
        if (token === undefined) return;
        const told = { progressToken: token, progress: done, message: what, ...(of > 0 ? { total: of } : {}) };
        sendNotification({ method: "notifications/progress", params: told }).catch(() => {});
      },
    };
    try {
      return { content: [{ type: "text", text: await tool.answer(workspace, params.arguments ?? {}, watched) }] };
    } catch (error) {
      return problem(problemOf(error));
    } finally {
      calls--;
    }
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
    input.once("end", resolve);
    input.once("close", resolve);
  });
  // Who left reads no more: nothing is to be said of it.
  output.on("error", () => {});
  await server.connect(new StdioServerTransport(input, output));
  await Promise.race([closed, ended]);
  await server.close();
}

const problem = (text: string) => ({ content: [{ type: "text" as const, text }], isError: true });
