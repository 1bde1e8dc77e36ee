// Shells (sh, bash, zsh): functions at any depth and exported variables; files that are sourced, as written.

import type { Scanner } from "../../record.ts";
import { ShellScan } from "./shell-scan.ts";

export const shell: Scanner = { scan: (source) => new ShellScan(source).scan() };
