// A program of its own that sends a request to each URL of its arguments through the HTTP transport, and prints what came
// of each as a line of JSON. With `?bytes=` the request has a body of so many. For what a process decides once, when it starts: whom it trusts, which proxies it is told of.

import { MillraceError, systemClock } from "../../src/base/index.ts";
import { httpTransport } from "../../src/gateway/index.ts";
import { ask } from "./whole-answer.ts";

export interface Outcome {
  /** Code of the error, when there was one. */
  readonly code?: string;
  /** Message of what caused it. */
  readonly cause?: string;
  readonly status?: number;
  readonly text?: string;
}

/** @param environment in addition to this process's. */
export async function askApart(urls: readonly string[], environment: Record<string, string>): Promise<Outcome[]> {
  const child = Bun.spawn([process.execPath, import.meta.path, ...urls], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = (await new Response(child.stdout).text()).split("\n").filter((line) => line.startsWith("{"));
  await child.exited;
  return lines.map((line) => JSON.parse(line) as Outcome);
}

async function outcomeOf(url: string, send: Parameters<typeof ask>[0]): Promise<Outcome> {
  try {
    const bytes = Number(new URL(url).searchParams.get("bytes"));
    const body = bytes > 0 ? { body: new Uint8Array(bytes).fill(0x61) } : {};
    const { status, text } = await ask(send, url, { headers: [["x-api-key", "secret"]], ...body });
    return { status, text };
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    return { code: error.code, cause: error.cause instanceof Error ? error.cause.message : "" };
  }
}

if (import.meta.main) {
  const { send, close } = httpTransport({ clock: systemClock });
  for (const url of process.argv.slice(2)) process.stdout.write(`${JSON.stringify(await outcomeOf(url, send))}\n`);
  close();
}
