// What `npm test` runs, in order, as data. A stage is one command that passes or fails, or a set of test files that
// share one Bun process. Every test file of the repository belongs to exactly one stage. One that needs the world outside,
// or very long, and so cannot be part of the proof, runs by its name only.

/** `minutesMax`: where it is not the usual limit. */
export type Stage = { name: string; fast: boolean; byNameOnly?: boolean; minutesMax?: number } & (
  | { command: string[] }
  | { files: (path: string) => boolean }
);

const TSC = ["node_modules/typescript/bin/tsc", "--noEmit", "-p"];
const APART = ["system", "faults", "browser"];

const isTidy = (path: string) => /^test\/tidy[./]/.test(path);
const isApart = (path: string) => ["simulation", ...APART, "clients"].some((folder) => path.startsWith(`test/${folder}/`));

/** Commands are run by Bun itself, from the root of the repository. */
export const stages: Stage[] = [
  { name: "types", fast: true, command: [...TSC, "tsconfig.json"] },
  { name: "neutral types", fast: true, command: [...TSC, "tsconfig.neutral.json"] },
  { name: "lint", fast: true, command: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."] },
  { name: "tidy", fast: true, files: isTidy },
  { name: "unit", fast: true, files: (path) => path.startsWith("src/") },
  { name: "simulation", fast: true, files: (path) => path.startsWith("test/simulation/") },
  { name: "house", fast: false, files: (path) => !path.startsWith("src/") && !isTidy(path) && !isApart(path) },
  ...APART.map((name) => ({ name, fast: false, files: (path: string) => path.startsWith(`test/${name}/`) })),
  { name: "kills", fast: false, byNameOnly: true, minutesMax: 60, command: ["test/kit/thread-kills-main.ts", "1000"] },
  { name: "clients", fast: false, byNameOnly: true, files: (path) => path.startsWith("test/clients/") },
];

/** The stages that the arguments ask for: none is all but those by name only, `fast` is the quick ones, otherwise by name. */
export function chooseStages(names: readonly string[]): Stage[] {
  if (names.length === 0) return stages.filter((stage) => !stage.byNameOnly);
  const unknown = names.filter((name) => name !== "fast" && !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = stages.map((stage) => `"${stage.name}"`).join(", ");
    throw new Error(`No stage "${unknown.join('", "')}". Choose from "fast", ${known}.`);
  }
  return stages.filter((stage) => names.includes(stage.name) || (stage.fast && names.includes("fast")));
}
