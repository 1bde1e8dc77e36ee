// The walls of the house: who may import whom, through which door, and that imports never run in a circle.

import { builtinModules } from "node:module";
import { posix } from "node:path";
import { doorOf, fits, roomOf, rowOf, testsMayImport } from "./import-table.ts";
import { inSource, isTest, type Rule } from "./rule.ts";
import type { Import, SourceFile } from "./scan.ts";

const PLATFORM = new Set(["bun", ...builtinModules]);
const isRelative = (specifier: string) => /^\.\.?(?:\/|$)/.test(specifier);
const isPlatform = (specifier: string) => /^(?:node|bun):/.test(specifier) || PLATFORM.has(specifier);
const targetOf = (file: SourceFile, entry: Import) => posix.join(posix.dirname(file.path), entry.specifier);

type Check = (file: SourceFile, entry: Import) => string | undefined;

const eachImport =
  (check: Check): Rule =>
  (files) =>
    files.flatMap((file) =>
      file.imports.flatMap((entry) => {
        const problem = check(file, entry);
        return problem === undefined ? [] : [`${file.path}:${entry.line}: ${problem}`];
      }),
    );

/** Every source file lives in a room of the table. */
export const roomsAreListed: Rule = (files) =>
  files
    .filter((file) => inSource(file.path) && !rowOf(roomOf(file.path) ?? ""))
    .map(
      (file) =>
        `${file.path}: is in no room. Move it into one, or add the room to test/tidy/import-table.ts and a decision record.`,
    );

function allowed(file: SourceFile, from: string, to: string): boolean {
  const row = rowOf(from);
  return isTest(file.path)
    ? [...(row?.mayImport ?? []), ...testsMayImport].some((pattern) => fits(pattern, to))
    : (row?.mayImport ?? []).some((pattern) => fits(pattern, to));
}

/** The import table. */
export const importsFollowTheTable = eachImport((file, entry) => {
  const from = roomOf(file.path);
  if (from === undefined || !isRelative(entry.specifier)) return undefined;
  const target = targetOf(file, entry);
  const to = roomOf(target);
  if (to === from || (isTest(file.path) && target.startsWith("test/kit/"))) return undefined;
  if (to === undefined)
    return `imports ${target}, which is in no room. Source imports rooms of src only; move what it needs into one.`;
  if (allowed(file, from, to)) return undefined;
  return `\`${from}\` may not import \`${to}\`. Take what you need as an argument (a port or a function) and let server/compose.ts pass it.`;
});

/** Other rooms are entered by their door, from src, test, bench and docs alike. */
export const doorsOnly = eachImport((file, entry) => {
  if (!isRelative(entry.specifier)) return undefined;
  const target = targetOf(file, entry);
  const to = roomOf(target);
  if (to === undefined || to === roomOf(file.path) || target === doorOf(to)) return undefined;
  return `imports ${target} past the door. Import ${doorOf(to)}, and export the name there if it is meant for others.`;
});

/** Relative imports name a file of the repository with its ending, and never climb out of it. */
export const importsNameFiles = eachImport((file, entry) => {
  if (!isRelative(entry.specifier)) return undefined;
  if (targetOf(file, entry).startsWith(".."))
    return "imports a file outside the repository. Install it as a package, or move it in.";
  return /\.\w+$/.test(entry.specifier)
    ? undefined
    : `imports "${entry.specifier}". Write the file's whole name, \`.ts\` included.`;
});

/** Rooms that run anywhere, at the edge or in a browser use no platform module. */
export const platformOnlyOnBun = eachImport((file, entry) => {
  const row = rowOf(roomOf(file.path) ?? "");
  if (!row || row.runsOn === "Bun" || isTest(file.path) || !isPlatform(entry.specifier)) return undefined;
  return `\`${row.room}\` runs on ${row.runsOn}, so it may not import "${entry.specifier}". Use a web standard, or take it as an argument.`;
});

/** Published code needs only what a user's install brings; base, ports and mechanisms need nothing at all. */
export const packagesAreDependencies =
  (dependencies: readonly string[]): Rule =>
  (files) =>
    eachImport((file, entry) => {
      const room = roomOf(file.path);
      if (room === undefined || isTest(file.path) || isRelative(entry.specifier) || isPlatform(entry.specifier)) return undefined;
      const name = entry.specifier.split("/", entry.specifier.startsWith("@") ? 2 : 1).join("/");
      if (/^(?:base|ports|mechanisms)\b/.test(room))
        return `\`${room}\` imports the package "${name}". It works alone: write the few lines it needs.`;
      if (dependencies.includes(name)) return undefined;
      return `imports "${name}", which is not in \`dependencies\` of package.json. Move it there, with a line in docs/decisions/ that says what it replaces.`;
    })(files);

/** No file imports itself by way of others, type imports included. */
export const noCycles: Rule = (files) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const file = byPath.get(path);
    if (!file || state.get(path) === "done") return;
    const way = [...trail, path];
    if (state.get(path) === "open") {
      const circle = way.slice(way.indexOf(path)).join(" → ");
      cycles.push(`${circle}: an import cycle. Move what both need into a file of its own that imports neither.`);
      return;
    }
    state.set(path, "open");
    for (const entry of file.imports) if (isRelative(entry.specifier)) visit(targetOf(file, entry), way);
    state.set(path, "done");
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
};
