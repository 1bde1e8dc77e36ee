// Where a command writes: results to `out`, everything said about them to `err`, so that output can be piped.
// The only place of the command line that touches the process's streams.

export interface Terminal {
  /** One or more whole lines. */
  out(text: string): void;
  err(text: string): void;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

/** Resolves when everything written has left the process. A reader that went away (`| head`) counts as served. */
export async function flushed(): Promise<void> {
  const drained = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write("", () => resolve()));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
}
