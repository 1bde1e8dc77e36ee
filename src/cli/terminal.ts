// Where a command writes: results to `out`, everything said about them to `err`, so that output can be piped.
// The only place of the command line that touches the process's streams.

import { MillraceError } from "../base/index.ts";

export interface Terminal {
  /** One or more whole lines. */
  out(text: string): void;
  err(text: string): void;
  /** Text for `out` of any length, as fast as it is read; ends early when its reader goes away. */
  pipe(texts: AsyncIterable<string>): Promise<void>;
  /** What is piped in. */
  input(): AsyncIterable<Uint8Array>;
  /** One line of `err` that is written over by the next and by none with "". Undefined where nobody watches. */
  readonly status: ((line: string) => void) | undefined;
}

const CLEAR_LINE = "\r\u001B[2K";
const COLUMNS = 80;

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  pipe,
  input: () => Bun.stdin.stream(),
  status: process.stderr.isTTY ? (line) => void process.stderr.write(CLEAR_LINE + fitting(line)) : undefined,
};

/** A line that breaks could not be written over. Control characters in it cannot move the cursor. */
function fitting(line: string): string {
  const columns = (process.stderr.columns || COLUMNS) - 1;
  let fit = line.replaceAll(/\p{C}/gu, "?").slice(0, columns);
  while (Bun.stringWidth(fit) > columns) fit = fit.slice(0, -1);
  return fit;
}

/** Rejects when it cannot be written: a full disk. */
async function pipe(texts: AsyncIterable<string>): Promise<void> {
  const { stdout } = process;
  const failed = Promise.withResolvers<Error>();
  stdout.on("error", failed.resolve);
  for await (const text of texts) {
    const written = new Promise<Error | undefined>((resolve) => stdout.write(text, (error) => resolve(error ?? undefined)));
    const error = await Promise.race([failed.promise, written]);
    if (!error) continue;
    const { code } = error as { code?: unknown };
    if (code === "EPIPE") return;
    throw new MillraceError(
      "option_invalid",
      `Standard output cannot be written (${String(code)}); make room, or pipe it elsewhere.`,
    );
  }
}

/** Resolves when everything written has left the process. A reader that went away (`| head`) counts as served. */
export async function flushed(): Promise<void> {
  const drained = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write("", () => resolve()));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
}
