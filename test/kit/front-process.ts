// A front door as users run it: a process of its own through the command line. Ended by its pid.

import { join } from "node:path";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");

export interface FrontProcess {
  readonly url: string;
  readonly port: number;
  signal(name: "SIGTERM" | "SIGKILL"): void;
  readonly exited: Promise<number>;
  /** All that it said on stderr; to be read once, after its end. */
  errors(): Promise<string>;
}

/** @param args after `millrace front`; without a port of its own, a free one is taken */
export async function startFrontProcess(args: readonly string[]): Promise<FrontProcess> {
  const place = args.includes("--port") ? [] : ["--port", "0"];
  const child = Bun.spawn([process.execPath, MAIN, "front", ...args, ...place], {
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let said = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (/listens on \S+\n/.test(said)) break;
  }
  const url = /listens on (\S+)/.exec(said)?.[1];
  if (url === undefined) throw new Error(`the front door did not start: ${await new Response(child.stderr).text()}`);
  return {
    url,
    port: Number(new URL(url).port),
    signal: (name) => child.kill(name),
    exited: child.exited,
    errors: () => new Response(child.stderr).text(),
  };
}
