// Which versions of SQLite may be used. From 3.7.0 to 3.51.2 a log that is reset by one connection while another one
// checkpoints can lose pages that were committed (sqlite.org/wal.html, "the WAL-reset bug"); two older lines have the repair.

import { MillraceError } from "../../base/index.ts";

const REPAIRED = [3, 51, 3] as const;
/** Lines with a release that has the repair too. */
const REPAIRED_LINES: Readonly<Record<string, number>> = { "3.44": 6, "3.50": 7 };

/** @param version such as "3.51.3". Throws `store_unavailable` for one that may corrupt the file. */
export function refuseUnsafeSqlite(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const isRepaired = major - REPAIRED[0] || minor - REPAIRED[1] || patch - REPAIRED[2];
  if (isRepaired >= 0 || patch >= (REPAIRED_LINES[`${major}.${minor}`] ?? Number.POSITIVE_INFINITY)) return;
  const why = "can corrupt a database that several connections use";
  throw new MillraceError("store_unavailable", `SQLite ${version} ${why}; use 3.51.3 or later.`);
}
