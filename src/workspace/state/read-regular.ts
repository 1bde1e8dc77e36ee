// Files as maps and ids of contents read them: regular ones alone. What is none, or cannot be read, has no content, and nobody is told why.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { MillraceError } from "../../base/index.ts";
import { readInside } from "../files/read-inside.ts";
import { isSameStamp, takeStamp } from "../list/stamp.ts";
import type { ReadFile } from "./contents.ts";

/** @param folder its real path */
export function regularFilesOf(folder: string, bytesMax: number): ReadFile {
  return (path) => {
    try {
      const read = readInside(folder, path, bytesMax);
      // A symbolic link has a stamp of its own.
      return isSameStamp(takeStamp(`${folder}/${path}`), read.stamp) ? read : undefined;
    } catch (error) {
      if (MillraceError.is(error)) return undefined;
      throw error;
    }
  };
}

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Bytes of a file, in few calls: for whoever knows what they should be, and compares. A folder above may have become a link out of the root. */
export function bytesOf(folder: string, path: string, bytesMax: number): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(`${folder}/${path}`, FLAGS);
    const stats = fstatSync(file);
    return stats.isFile() && stats.size <= bytesMax ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
