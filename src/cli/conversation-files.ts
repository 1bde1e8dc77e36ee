// The files that `millrace threads import` was told to take: each as it was named, and all *.jsonl below a folder, in the order of their paths.
// Links are not followed, but for one that was named. Nothing is read before all that was named is known to be there.

import { createReadStream, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../base/index.ts";
import type { Terminal } from "./terminal.ts";

export interface ConversationFile {
  readonly name: string;
  /** It was named itself, and not found in a folder. */
  readonly isNamed: boolean;
  /** Undefined: nobody knows yet. */
  readonly bytes: number | undefined;
  open(): AsyncIterable<Uint8Array>;
}

const EXTENSION = ".jsonl";

/** Throws `option_invalid` for what is not there, cannot be read, or is a folder without such a file. */
export function conversationFiles(words: readonly string[], terminal: Terminal): ConversationFile[] {
  return words.flatMap((word) => {
    if (word === "-") return [{ name: "standard input", isNamed: true, bytes: undefined, open: () => terminal.input() }];
    const found = looked(word, () => statSync(word));
    return found.isDirectory() ? filesBelow(word) : [fileAt(word, found, true)];
  });
}

function filesBelow(folder: string): ConversationFile[] {
  const files = walk(folder).map((path) =>
    fileAt(
      path,
      looked(path, () => statSync(path)),
      false,
    ),
  );
  if (files.length > 0) return files;
  throw new MillraceError("option_invalid", `There is no *${EXTENSION} below ${folder}; name a file, or another folder.`);
}

function walk(folder: string): string[] {
  const entries = looked(folder, () => readdirSync(folder, { withFileTypes: true }));
  return entries
    .map((entry) => ({ entry, path: join(folder, entry.name) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .flatMap(({ entry, path }) => {
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() && path.endsWith(EXTENSION) ? [path] : [];
    });
}

const fileAt = (path: string, stats: Stats, isNamed: boolean): ConversationFile => ({
  ...{ name: path, isNamed, bytes: stats.isFile() ? stats.size : undefined },
  open: () => createReadStream(path),
});

function looked<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw fileProblem(path, error);
  }
}

/** What the system says of a file, in words that tell what to do. */
export function fileProblem(path: string, cause: unknown): MillraceError {
  const { code } = cause as { code?: unknown };
  const problem = code === "ENOENT" ? "is not there; check the path" : `cannot be read (${String(code)}); check its permissions`;
  return new MillraceError("option_invalid", `${path} ${problem}.`, { cause });
}
