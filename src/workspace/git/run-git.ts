// Runs the git program for what this room does not read by itself: trees and blobs of commits. Nothing that a repository configures is run
// (hooks, file system monitor, fetching of what a partial clone lacks), and no lock is taken. Answers are bounded, in bytes and in time.

import { type Abortable, MillraceError } from "../../base/index.ts";

/** Before any command: nothing of the repository's own choosing runs, and nobody is asked anything. */
const CALM = [
  "--no-optional-locks",
  "--no-pager",
  "--no-replace-objects",
  ...["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"].flatMap((setting) => ["-c", setting]),
];
const TIMEOUT_MS = 30_000;
const COMPLAINT_CHARACTERS = 300;

export interface GitOptions {
  /** The repository: a checkout, or a bare one. */
  readonly folder: string;
  /** Its standard input. */
  readonly input?: string;
  readonly signal?: Abortable;
  /** Default 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Calls `take` with each piece of what git prints, in order.
 * @returns whether git succeeded
 * Rejects with `engine_missing` without git, `repository_unreadable` when it takes too long or the folder is none of its own, and as `take` throws.
 */
export async function streamGit(
  args: readonly string[],
  options: GitOptions,
  take: (piece: Uint8Array) => void,
): Promise<boolean> {
  const child = start(args, options);
  const stop = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const complaint = new Response(child.stderr).text();
    for await (const piece of child.stdout) take(piece);
    const exitCode = await child.exited;
    options.signal?.throwIfAborted();
    if (child.signalCode !== null) throw unreadable(options.folder, `git ${args[0]} took too long`);
    // 128: git cannot work here at all; anything else is an answer.
    if (exitCode === 128) throw unreadable(options.folder, (await complaint).trim().slice(0, COMPLAINT_CHARACTERS));
    return exitCode === 0;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** All that git prints, at most `bytesMax` of it; undefined when it says no. Rejects as `streamGit`. */
export async function runGit(args: readonly string[], options: GitOptions & { bytesMax: number }): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const isFine = await streamGit(args, options, (piece) => {
    bytes += piece.byteLength;
    if (bytes > options.bytesMax) throw unreadable(options.folder, `git ${args[0]} printed more than ${options.bytesMax} bytes`);
    pieces.push(piece);
  });
  return isFine ? Buffer.concat(pieces) : undefined;
}

function start(args: readonly string[], { folder, input, timeoutMs = TIMEOUT_MS }: GitOptions) {
  const git = Bun.which("git");
  if (git === null) throw new MillraceError("engine_missing", "git is not on this machine; install it to read repositories.");
  return Bun.spawn([git, ...CALM, "-C", folder, ...args], {
    stdin: input === undefined ? "ignore" : new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
}

function unreadable(folder: string, why: string): MillraceError {
  return new MillraceError("repository_unreadable", `The repository ${folder} cannot be read: ${why}.`);
}
