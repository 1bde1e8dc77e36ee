// Reads one regular file of a folder whole, as it is at one moment: its stamp is the same before and after. Never follows a symbolic link in the
// last part, never waits for a pipe or a device, and where the system tells (Linux), never reads what a link in the way leads to outside.

import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { isSameStamp, stampOf } from "../list/stamp.ts";
import type { ReadFile } from "./contents.ts";

const ATTEMPTS_MAX = 3;

/** @param folder its real path */
export function regularFilesOf(folder: string, bytesMax: number): ReadFile {
  return (path) => {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const read = readOnce(folder, path, bytesMax);
      if (read !== "changing") return read;
    }
    return undefined;
  };
}

function readOnce(folder: string, path: string, bytesMax: number): ReturnType<ReadFile> | "changing" {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`${folder}/${path}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile() || before.size > BigInt(bytesMax) || !isInside(descriptor, folder, path)) return undefined;
    const bytes = readFileSync(descriptor);
    const stamp = stampOf(before);
    return isSameStamp(stamp, stampOf(fstatSync(descriptor, { bigint: true }))) ? { bytes, stamp } : "changing";
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Folders of the path may have become links since it was listed. */
function isInside(descriptor: number, folder: string, path: string): boolean {
  if (process.platform !== "linux") return true;
  return readlinkSync(`/proc/self/fd/${descriptor}`) === `${folder}/${path}`;
}
