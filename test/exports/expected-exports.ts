// Which subpaths the package must export: the door of each room, its floor dropped. Programs have no subpath.

import { roomOf } from "../tidy/import-table.ts";

const PROGRAMS = ["cli", "dashboard"];

/** @param paths files such as `src/base/index.ts`; those that are not a room's door are left out. */
export function expectedExports(paths: readonly string[]): Record<string, string> {
  const doors = paths.flatMap((path) => {
    const room = roomOf(path);
    return room !== undefined && !PROGRAMS.includes(room) && path === `src/${room}/index.ts` ? [{ room, path }] : [];
  });
  const entries = doors.map(({ room, path }) => [`./${room.replace(/^mechanisms\//, "")}`, `./${path}`] as const);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
