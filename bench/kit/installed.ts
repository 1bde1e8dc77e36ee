// Packages that only a comparison needs, installed by npm into a folder of the system's temporary files and kept there.

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./report.ts";

const INSTALL_MS_MAX = 180_000;

export interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/** The folder they are in, or why there is none. */
export async function installed(name: string, packages: Packages): Promise<{ folder: string } | { missing: string }> {
  const versions = Object.values(packages.dependencies).join("-");
  const folder = join(tmpdir(), `millrace-bench-${name}-${versions}`);
  if (Object.keys(packages.dependencies).every((dependency) => existsSync(join(folder, "node_modules", dependency)))) {
    return { folder };
  }
  const npm = findProgram("npm");
  if (!npm) return { missing: "npm is not on the PATH" };
  await Bun.write(join(folder, "package.json"), JSON.stringify({ private: true, ...packages }));
  const command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: folder, timeout: INSTALL_MS_MAX });
  if (exitCode === 0) return { folder };
  return { missing: `npm could not install it: ${stderr.toString().trim().split("\n")[0] ?? ""}` };
}
