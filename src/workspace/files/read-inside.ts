// Opens and reads one regular file below a folder, wherever symbolic links in its path lead, as long as that is below the folder too. Never waits
// for a pipe or a device. Invariant: the bytes are those of one moment, since the stamps before and after are the same.

import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { MillraceError } from "../../base/index.ts";
import { isSameStamp, type Stamp, stampOf } from "../list/stamp.ts";
import { outside } from "./file-path.ts";

export interface FileRead {
  readonly bytes: Buffer;
  readonly stamp: Stamp;
}

const ATTEMPTS_MAX = 4;

/**
 * @param folder its real path @param path checked
 * Throws `file_missing`, `file_not_regular`, `file_too_large`, `file_changing`, `path_outside`.
 */
export function readInside(folder: string, path: string, bytesMax: number): FileRead {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const read = readOnce(folder, path, bytesMax);
    if (read) return read;
  }
  throw new MillraceError(
    "file_changing",
    `${JSON.stringify(path)} changes faster than it can be read. Ask again when it is at rest.`,
  );
}

function readOnce(folder: string, path: string, bytesMax: number): FileRead | undefined {
  const name = JSON.stringify(path);
  const descriptor = open(folder, path);
  try {
    // After it was opened: whatever a link is changed to from now on, this is what is read.
    if (!isBelow(folder, placeOf(descriptor, `${folder}/${path}`))) throw outside();
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile()) throw new MillraceError("file_not_regular", `${name} is a folder or a device; only files can be read.`);
    if (before.size > BigInt(bytesMax)) {
      throw new MillraceError("file_too_large", `${name} has ${before.size} bytes; at most ${bytesMax} are read.`);
    }
    const bytes = readFileSync(descriptor);
    const stamp = stampOf(before);
    return isSameStamp(stamp, stampOf(fstatSync(descriptor, { bigint: true }))) ? { bytes, stamp } : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function open(folder: string, path: string): number {
  try {
    return openSync(`${folder}/${path}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = String((error as { code?: unknown } | null)?.code);
    const name = JSON.stringify(path);
    // A socket cannot be opened.
    if (code === "ENXIO" || code === "EOPNOTSUPP") {
      throw new MillraceError("file_not_regular", `${name} is a folder or a device; only files can be read.`);
    }
    if (code === "EACCES" || code === "EPERM") {
      throw new MillraceError("file_missing", `${name} may not be read by this user.`, { cause: error });
    }
    throw new MillraceError("file_missing", `There is no file ${name} (${code}).`, { cause: error });
  }
}

/** Where an open file is, by the system's own word; elsewhere by its path, which may have changed since. */
function placeOf(descriptor: number, path: string): string {
  return process.platform === "linux" ? readlinkSync(`/proc/self/fd/${descriptor}`) : realpathSync(path);
}

const isBelow = (folder: string, place: string): boolean => place.startsWith(folder === "/" ? folder : `${folder}/`);
