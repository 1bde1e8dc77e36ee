// Where the process that serves a repository to all assistants of one person on this machine listens: a socket in a folder that nobody else can use.
// Its name says all that an answer depends on, so that whoever finds it finds what it would have started itself.

import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Of a Unix socket's path, with its end; BSD has the fewest. */
const PATH_BYTES_MAX = 103;
const NAME_DIGITS = 24;
const OTHERS = 0o077;

/**
 * @param folder is made when it is not there
 * @returns undefined when there can be no such folder here, others can use it, or its path is too long
 */
export function sharedSocket(folder: string, sameFor: readonly unknown[]): string | undefined {
  const owner = process.getuid?.();
  const name = new Bun.CryptoHasher("sha256").update(JSON.stringify(sameFor)).digest("hex").slice(0, NAME_DIGITS);
  const path = join(folder, `${name}.socket`);
  if (owner === undefined || Buffer.byteLength(path) > PATH_BYTES_MAX) return undefined;
  return isPrivate(folder, owner) ? path : undefined;
}

function isPrivate(folder: string, owner: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = lstatSync(folder);
    return stats.isDirectory() && stats.uid === owner && (stats.mode & OTHERS) === 0;
  } catch {
    return false;
  }
}
