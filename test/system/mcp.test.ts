// `millrace mcp` as assistants use it: the official client, a process of its own, a repository that changes meanwhile.

import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;

let folder: string;
/** What is shared is shared within one test. */
let home: string;
let clients: Client[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-mcp-"));
  home = mkdtempSync(join(tmpdir(), "millrace-home-"));
  clients = [];
  write("src/queue.ts", "export class FairQueue {\n  admit(): boolean {\n    return true;\n  }\n}\n");
  write("src/page.ts", 'import { FairQueue } from "./queue";\nexport const page = new FairQueue();\n');
  write("docs/notes.md", `# Notes\n${"A line about queues.\n".repeat(1000)}`);
  write("logo.png", "\u0000\u0001");
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await hostEnded();
  for (const made of [folder, home]) rmSync(made, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const run = () => join(home, ".cache/millrace/run");
const sockets = () => (existsSync(run()) ? readdirSync(run()) : []);

/** The shared process takes its socket away when the last assistant has left. */
async function hostEnded(): Promise<void> {
  if (sockets().length === 0) return;
  const ended = Promise.withResolvers<void>();
  const look = () => void (sockets().length === 0 && ended.resolve());
  const watcher = watch(run(), look);
  look();
  await ended.promise;
  watcher.close();
}

/** Ids of processes that serve this test's folder to all assistants. */
function hosts(): number[] {
  return readdirSync("/proc").flatMap((id) => {
    if (!/^\d+$/.test(id)) return [];
    const command = attempt(() => readFileSync(`/proc/${id}/cmdline`, "utf8"));
    return command?.includes("host-main.ts") && command.includes(`"${folder}"`) ? [Number(id)] : [];
  });
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

async function connect(...more: readonly string[]): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  const [env, args] = [{ HOME: home }, [MAIN, "mcp", folder, "--keep", "0", ...more]];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: "inherit" }));
  clients.push(client);
  return client;
}

async function call(client: Client, name: string, given: Record<string, unknown> = {}) {
  const { content, isError } = await client.callTool({ name, arguments: given });
  return { text: (content as { text: string }[]).map(({ text }) => text).join("\n"), isError: isError === true };
}

const textOf = async (...order: Parameters<typeof call>) => {
  const { text, isError } = await call(...order);
  expect([isError, isError ? text : ""]).toEqual([false, ""]);
  return text;
};

test("a client finds five tools, each with a schema and words that say when to use it", async () => {
  const client = await connect();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["map", "find", "read", "list", "grep"]);
  for (const { description = "", inputSchema } of tools) {
    expect(description.length).toBeWithin(30, 300);
    expect(inputSchema.type).toBe("object");
  }
  expect(client.getInstructions()).toContain("Begin with map");
});

test("each tool answers, small by default, and says how to get the rest", async () => {
  const client = await connect();
  expect(await textOf(client, "map", { query: "when does the queue admit" })).toStartWith(
    "src/queue.ts:\n  1 export class FairQueue\n    2 admit(): boolean\n",
  );
  expect(await textOf(client, "find", { name: "admit" })).toBe("src/queue.ts:2: method in FairQueue: admit(): boolean");
  expect(await textOf(client, "find", { name: "nowhere" })).toContain("Grep finds text anywhere");
  expect(await textOf(client, "find", { name: "FairQueue", what: "references" })).toBe(
    'src/queue.ts:1: (definition) export class FairQueue {\nsrc/page.ts:1: import { FairQueue } from "./queue";\nsrc/page.ts:2: export const page = new FairQueue();',
  );
  expect(await textOf(client, "find", { name: "nowhere", what: "references" })).toContain("No code uses nowhere");
  expect(await textOf(client, "find", { name: "src/queue.ts", what: "importers" })).toBe("src/page.ts");
  expect(await textOf(client, "find", { name: "src/page.ts", what: "imports", depth: 5 })).toBe("src/queue.ts");
  expect(await textOf(client, "find", { name: "src/page.ts", what: "importers" })).toBe("No file imports src/page.ts.");
  expect(await textOf(client, "read", { path: "src/page.ts" })).toBe(
    '1\timport { FairQueue } from "./queue";\n2\texport const page = new FairQueue();',
  );
  const long = await textOf(client, "read", { path: "docs/notes.md", from: 2, lines: 3 });
  expect(long).toBe(
    "2\tA line about queues.\n3\tA line about queues.\n4\tA line about queues.\n[997 more lines: read on with from: 5]",
  );
  expect(await textOf(client, "list", { glob: "**/*.ts" })).toBe("src/page.ts\nsrc/queue.ts");
  expect(await textOf(client, "list", { glob: "src/**", limit: 1 })).toContain("src/ (2)\n2 files, counted by folder");
  expect(await textOf(client, "grep", { pattern: "FairQueue", word: true, globs: ["src/**"] })).toBe(
    'src/page.ts:1: import { FairQueue } from "./queue";\nsrc/page.ts:2: export const page = new FairQueue();\nsrc/queue.ts:1: export class FairQueue {',
  );
  expect(await textOf(client, "grep", { pattern: "queues" })).toEndWith(
    "There are more: narrow it by globs or the pattern, or raise limit.",
  );
});

test("an answer is of the files as they are at that moment, for each client alike", async () => {
  const [one, two] = await Promise.all([connect(), connect()]);
  expect(await textOf(one, "read", { path: "src/page.ts", from: 2 })).toContain("page = new");
  write("src/page.ts", "export const other = 1;\n");
  write("src/more.ts", "export class Added {}\n");
  for (const client of [one, two]) {
    expect(await textOf(client, "read", { path: "src/page.ts" })).toBe("1\texport const other = 1;");
    expect(await textOf(client, "find", { name: "Added" })).toBe("src/more.ts:1: class: export class Added");
    expect(await textOf(client, "list", { glob: "src/**" })).toBe("src/more.ts\nsrc/page.ts\nsrc/queue.ts");
    expect(await textOf(client, "grep", { pattern: "other", literal: true })).toBe("src/page.ts:1: export const other = 1;");
  }
});

test("what cannot be answered is an answer that says what to do, and nothing outside of the folder is given", async () => {
  const client = await connect();
  symlinkSync("/etc/passwd", join(folder, "passwd"));
  for (const path of ["../secret", "/etc/passwd", "passwd", "src/../../x", "src/gone.ts", "src"]) {
    const { isError, text } = await call(client, "read", { path });
    expect([path, isError, text.includes("root:")]).toEqual([path, true, false]);
  }
  const told = async (name: string, given: Record<string, unknown>) => {
    const { isError, text } = await call(client, name, given);
    expect(isError).toBe(true);
    return text;
  };
  expect(await told("grep", { pattern: "(" })).toContain("(");
  expect(await told("map", { budget: 1 })).toContain("budget");
  expect(await told("find", { name: "src/gone.ts", what: "importers" })).toContain("There is no such file");
  expect(await told("read", {})).toContain("path");
  expect(await told("read", { path: "src/page.ts", unknown: 1 })).toContain("unknown");
  expect(await told("write", {})).toContain("There is no tool write");
  expect(await textOf(client, "read", { path: "logo.png" })).toBe("logo.png is not text.");
  expect(await textOf(client, "list", { glob: "nothing/**" })).toBe("No file fits.");
});

const hasProcesses = existsSync("/proc/self/cmdline");
const shared = "assistants share one process, which ends after the last of them";
test.skipIf(!hasProcesses)(hasProcesses ? shared : `skipped: ${shared} (this system tells no processes' commands)`, async () => {
  const [one, two] = [await connect(), await connect()];
  expect(hosts()).toHaveLength(1);
  const alone = await connect("--alone");
  for (const client of [one, two, alone])
    expect(await textOf(client, "list", { glob: "src/**" })).toBe("src/page.ts\nsrc/queue.ts");
  expect(hosts()).toHaveLength(1);
  for (const client of clients.splice(0)) await client.close();
  await hostEnded();
});

const survives = "when the shared process is killed, another answers what it owed, and whatever is asked next";
test.skipIf(!hasProcesses)(
  hasProcesses ? survives : `skipped: ${survives} (this system tells no processes' commands)`,
  async () => {
    const [one, two] = [await connect(), await connect()];
    for (let round = 0; round < 3; round++) {
      const asked = [one, two].map((client) => client.callTool({ name: "map", arguments: { query: "queue" } }));
      for (const id of hosts()) process.kill(id, "SIGKILL");
      for (const { content } of await Promise.all(asked)) expect(JSON.stringify(content)).toContain("FairQueue");
      for (const client of [one, two])
        expect(await textOf(client, "find", { name: "FairQueue" })).toContain("src/queue.ts:1: class");
    }
  },
);

test("a call that is cancelled ends, and the next one is answered", async () => {
  const client = await connect();
  const leaving = new AbortController();
  const left = client.callTool({ name: "map", arguments: { query: "queue" } }, undefined, { signal: leaving.signal });
  leaving.abort("enough");
  await expect(left).rejects.toThrow();
  expect(await textOf(client, "map", { query: "queue" })).toContain("FairQueue");
});

test("rubbish on its input harms nobody; it ends with its input, and writes nothing but the protocol", async () => {
  const child = Bun.spawn([process.execPath, MAIN, "mcp", folder, "--no-cache", "--keep", "0"], {
    env: { HOME: home },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  child.stdin.write("rubbish\n{}\n[1]\n");
  const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: hello })}\n`);
  await child.stdin.end();
  const [out, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  expect(code).toBe(0);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ id }) => id === 1)).toMatchObject([{ result: { serverInfo: { name: "millrace" } } }]);
});
