// How files are named, how long they are and how they begin; what may not appear in any file that is handed on.

import { doorOf, importTable, roomOf } from "./import-table.ts";
import { isTest, type Rule } from "./rule.ts";
import type { SourceFile } from "./scan.ts";

export const LINES_MAX = 400;
export const MEDIAN_LINES_BELOW = 120;
const OPENING_LINES_MAX = 6;

const DRAWERS: Record<string, string> = {
  utils: "Name the file after the one thing it exports.",
  util: "Name the file after the one thing it exports.",
  helpers: "Name the file after the one thing it exports.",
  helper: "Name the file after the one thing it exports.",
  common: "Put the word into base if three rooms need it, else into the room that owns it.",
  shared: "Put the word into base if three rooms need it, else into the room that owns it.",
  misc: "Give each thing a file named after it.",
  manager: "Say what it does: a queue, a pool, a registry.",
  types: "Put each type beside the code that makes it, or in a file named after it.",
};

export const namesAreKebabCase: Rule = (files) =>
  files
    .filter((file) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.(?:tsx?|js)$/.test(file.path.split("/").at(-1) ?? ""))
    .map((file) => `${file.path}: name it in kebab-case after its one main export.`);

export const noDrawers: Rule = (files) =>
  files.flatMap((file) =>
    file.path.split("/").flatMap((part) => {
      const words = part.replace(/\..*$/, "");
      const word = Object.keys(DRAWERS).find((drawer) => words === drawer || words.endsWith(`-${drawer}`));
      return word === undefined ? [] : [`${file.path}: \`${word}\` is a drawer. ${DRAWERS[word]}`];
    }),
  );

const linesOf = (file: SourceFile) => file.source.trimEnd().split("\n").length;

export const filesAreShort: Rule = (files) =>
  files
    .filter((file) => linesOf(file) > LINES_MAX)
    .map((file) => `${file.path}: ${linesOf(file)} lines, ${LINES_MAX} at most. Split it where a second job begins.`);

export const medianIsLow: Rule = (files) => {
  const sizes = files.map(linesOf).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  return median < MEDIAN_LINES_BELOW
    ? []
    : [`The median file has ${median} lines; keep it below ${MEDIAN_LINES_BELOW} by splitting the long ones.`];
};

export const filesOpenWithTheirJob: Rule = (files) =>
  files.flatMap((file) => {
    const opening = /^(?:#!.*\n)?((?:\/\/.*\n)+|\/\*[\s\S]*?\*\/)/.exec(file.source)?.[1];
    if (opening === undefined)
      return [`${file.path}: opens without a comment. Say its job, its invariant and what it leaves to others.`];
    const lines = opening.trimEnd().split("\n").length;
    return lines <= OPENING_LINES_MAX
      ? []
      : [
          `${file.path}: opens with ${lines} lines of comment, ${OPENING_LINES_MAX} at most. Say less, or say it beside the code it is about.`,
        ];
  });

/** Each room that holds code has a door, and each mechanism a page that says what it is for. */
export const roomsAreComplete =
  (exists: (path: string) => boolean): Rule =>
  (files) => {
    const rooms = new Set(files.filter((file) => !isTest(file.path)).flatMap((file) => roomOf(file.path) ?? []));
    return [...rooms].flatMap((room) => {
      const readme = `src/${room}/README.md`;
      const missing: string[] = [];
      // The command line and the dashboard are programs: nothing imports them.
      if (room !== "cli" && room !== "dashboard" && !exists(doorOf(room)))
        missing.push(`src/${room} has no door. Write ${doorOf(room)}, with named exports only.`);
      if (room.startsWith("mechanisms/") && !exists(readme))
        missing.push(`${readme} is missing. Write one screen: job, door, bounds, not for, invariants, figures.`);
      return missing;
    });
  };

/** The rooms that a page about the whole house does not mention as a folder or in code marks. */
export function roomsNotIn(page: string, files: readonly SourceFile[]): string[] {
  const rooms = new Set(files.flatMap((file) => roomOf(file.path) ?? []));
  const known = [...rooms].filter((room) => importTable.length > 0 && room !== "ports/conformance");
  return known.filter((room) => {
    const name = room.split("/").at(-1);
    return !new RegExp(`(?:^|[\\s\`{/,(|])${name}(?:/|\`|}|,(?=\\S))`, "m").test(page);
  });
}

export interface TextFile {
  path: string;
  text: string;
}

/** @param ownPaths folders of this machine that no file may name, such as the checkout's and the user's home. */
export function machinePathsIn(files: readonly TextFile[], ownPaths: readonly string[]): string[] {
  const places = [...ownPaths.filter((path) => path.length > 4), "/root/", "/home/runner/", "/Users/"];
  return files.flatMap(({ path, text }) =>
    places
      .filter((place) => text.includes(place))
      .map(
        (place) =>
          `${path}: names \`${place}\`, a folder of one machine. Write it relative to the repository, or take a temporary folder.`,
      ),
  );
}

/** A lock without hosts installs from whichever registry the reader's npm is set to. */
export function registryHostsIn(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const host = /\bregistry\.[a-z0-9.-]+\.[a-z]+|"resolved":/i.exec(text)?.[0];
    return host === undefined
      ? []
      : [`${path}: names \`${host}\`. Run \`npm install\` with the repository's .npmrc, which leaves hosts out of the lock.`];
  });
}

/** Dependencies that the records do not explain, and explanations of what is no longer there. */
export function unexplained(dependencies: readonly string[], record: string): string[] {
  const explained = [...record.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] as string);
  return [
    ...dependencies
      .filter((name) => !explained.includes(name))
      .map((name) => `${name}: has no line that says what it replaces. Add one.`),
    ...explained
      .filter((name) => !dependencies.includes(name))
      .map((name) => `${name}: is explained but not installed. Take its line out.`),
  ];
}
