// Paths as the workspace takes them: relative to a root, as git prints them. What could name anything else is refused before anything is opened.

import { MillraceError } from "../../base/index.ts";

const PATH_BYTES_MAX = 4096;

/** Throws `path_outside` for what is absolute, leads upwards, is empty or cannot be a path. */
export function checkPath(path: string): void {
  const isFine =
    path !== "" &&
    !path.includes("\0") &&
    path.isWellFormed() &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..") &&
    Buffer.byteLength(path) <= PATH_BYTES_MAX;
  if (!isFine) throw outside();
}

/** Says nothing of what there is. */
export const outside = (): MillraceError =>
  new MillraceError("path_outside", 'A path is relative to the workspace, like "src/main.ts", and stays within it.');
