// `#include` of C, C++ and Objective-C: beside the file, else the file whose path ends so, nearest first, as include folders are not known.
// A bare name of the standard library is not looked for elsewhere than beside the file.

import { remembered } from "./remembered.ts";
import { external, filesFound, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, nearest, type SourceTree } from "./source-tree.ts";

/** ISO C and POSIX, without their `.h`; a name without extension is C++'s. */
const STANDARD = new Set(
  `assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stdckdint stddef
   stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype aio cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp
   iconv langinfo libgen monetary mqueue ndbm netdb nl_types poll pthread pwd regex sched search semaphore spawn stropts syslog tar termios
   trace ulimit unistd utime utmpx wordexp windows winsock2 malloc memory getopt`
    .split(/\s+/)
    .map((name) => `${name}.h`),
);

/** Of files equally near. */
const NEAR_MAX = 64;

export function includeResolver(tree: SourceTree): Resolve {
  const endingWith = remembered((parts) => tree.endingWith(parts));
  return ({ path }, { specifier }): Resolution => {
    const beside = joinPath(folderOf(path), specifier);
    if (beside !== undefined && beside !== path && tree.has(beside)) return filesFound([beside]);
    const isBare = !specifier.includes("/");
    if (STANDARD.has(specifier) || (isBare && !specifier.includes("."))) return external(specifier);
    const parts = specifier.replace(/^(?:\.\.?\/)+/, "");
    const near = nearest(endingWith(parts), path, NEAR_MAX).filter((candidate) => candidate !== path);
    // Of several equally near the shortest path: the others lie in a part that is less than the whole.
    const [found] = [...near].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return found === undefined ? external(specifier) : filesFound([found]);
  };
}
