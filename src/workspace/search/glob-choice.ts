// Which files a list of globs lets in, as ripgrep's -g: the last glob that fits decides, `!` leaves out what it fits and all below such a
// folder; where any glob is without `!`, files that fit none are out. Knows nothing of ignore rules.

import { MillraceError } from "../../base/index.ts";
import { Glob } from "./glob.ts";

const GLOBS_MAX = 100;

/** Throws `pattern_invalid`. Undefined: every file. */
export function compileGlobChoice(globs: readonly string[]): ((path: string) => boolean) | undefined {
  if (globs.length > GLOBS_MAX) throw new MillraceError("pattern_invalid", `A search takes at most ${GLOBS_MAX} globs.`);
  const rules = globs.map((glob) => ({ isIn: !glob.startsWith("!"), glob: new Glob(glob.replace(/^!/, "")) }));
  if (rules.length === 0) return undefined;
  const byDefault = rules.every(({ isIn }) => !isIn);
  const decide = (path: string) => rules.findLast(({ glob }) => glob.matches(path))?.isIn;
  if (!rules.some(({ isIn }) => !isIn)) return (path) => decide(path) === true;
  const folders = new Map<string, boolean>([["", true]]);
  /** Whether searches go into a folder at all; a file that is let in does not bring its folder back. */
  const isOpen = (folder: string): boolean => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const open = isOpen(folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) && decide(folder) !== false;
    folders.set(folder, open);
    return open;
  };
  return (path) => (decide(path) ?? byDefault) && isOpen(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
}
