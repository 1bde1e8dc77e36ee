// Files as maps and ids of contents read them: regular ones alone. What is none, or cannot be read, has no content, and nobody is told why.

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
