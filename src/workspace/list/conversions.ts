// Whether git may convert contents on their way into it (line ends, encodings, filters such as those of large files), so that a blob is not what its
// file contains: gitattributes(5). Judged by names of attributes alone, for the whole repository: one that only might convert does.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const CONVERTING = /(?:^|[\s!-])(?:text|eol|crlf|filter|ident|working-tree-encoding)(?=[\s=]|$)/;
const ATTRIBUTES = ".gitattributes";

/** @param paths of the list. @param others files of attributes elsewhere, which need not be there */
export function mayConvert(folder: string, paths: readonly string[], others: readonly string[]): boolean {
  const own = paths.filter((path) => path.endsWith(ATTRIBUTES) && (path.length === ATTRIBUTES.length || path.at(-15) === "/"));
  return [...own.map((path) => join(folder, path)), ...others].some(namesConversion);
}

/** What cannot be read may say anything; what is not there says nothing. */
function namesConversion(path: string): boolean {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .some((line) => !line.trimStart().startsWith("#") && CONVERTING.test(line));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
