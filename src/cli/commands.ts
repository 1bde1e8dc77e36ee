// The list of commands, in the order of the help text. A command that is not here does not exist.

import type { CommandEntry } from "./command.ts";

export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: "run the server",
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  front: {
    summary: "spread calls over several servers",
    load: async () => (await import("./commands/front.ts")).front,
  },
  "token create": {
    summary: "make a token for a caller; it is shown once",
    load: async () => (await import("./commands/token-create.ts")).tokenCreate,
  },
  "token list": {
    summary: "list tokens, without their text",
    load: async () => (await import("./commands/token-list.ts")).tokenList,
  },
  "token revoke": {
    summary: "end a token",
    load: async () => (await import("./commands/token-revoke.ts")).tokenRevoke,
  },
  "threads import": {
    summary: "take in conversations from files",
    load: async () => (await import("./commands/threads-import.ts")).threadsImport,
  },
  "threads export": {
    summary: "write conversations as lines of JSON",
    load: async () => (await import("./commands/threads-export.ts")).threadsExport,
  },
  map: {
    summary: "print the map of a repository: what matters to a question, in so many tokens",
    load: async () => (await import("./commands/map.ts")).map,
  },
  graph: {
    summary: "print which files of a repository import which",
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  mcp: {
    summary: "serve a repository to an assistant over MCP: maps, symbols, files, searches",
    load: async () => (await import("./commands/mcp.ts")).mcp,
  },
  "config check": {
    summary: "check the configuration and name every problem",
    load: async () => (await import("./commands/config-check.ts")).configCheck,
  },
  "config print": {
    summary: "print the configuration in effect, without secrets",
    load: async () => (await import("./commands/config-print.ts")).configPrint,
  },
  doctor: {
    summary: "check that this machine can run the server",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
};
