// Functions over the limit, measured by Biome's rule `noExcessiveLinesPerFunction` (limit in biome.json), which is
// off for the linter's own run so that this list, not a comment in the code, decides on exceptions.

import { join } from "node:path";
import { isTest } from "./rule.ts";

interface Diagnostic {
  message: string;
  location: { path: string; start: { line: number } };
}

const RULE = "complexity/noExcessiveLinesPerFunction";

/** @param root the folder with biome.json. @param folders what to measure below it; tests are left out. */
export function longFunctions(root: string, folders: readonly string[] = ["src", "bin"]): string[] {
  const biome = join(import.meta.dir, "../../node_modules/@biomejs/biome/bin/biome");
  const options = [`--only=${RULE}`, "--reporter=json", "--max-diagnostics=none"];
  const run = Bun.spawnSync([process.execPath, biome, "lint", ...options, ...folders], { cwd: root });
  const report = run.stdout.toString();
  if (!report.trimStart().startsWith("{")) throw new Error(`Biome gave no report: ${report}${run.stderr}`);
  const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] };
  return diagnostics
    .filter(({ location }) => !isTest(location.path))
    .map(({ location, message }) => `${location.path}:${location.start.line}: ${message} Name its parts as functions.`);
}
