// Versions of SQLite around those that can corrupt a file that several connections use.

import { expect, test } from "bun:test";
import { MillraceError } from "../../base/index.ts";
import { refuseUnsafeSqlite } from "./sqlite-version.ts";

test.each(["3.51.3", "3.52.0", "3.54.1", "4.0.0", "3.44.6", "3.44.7", "3.50.7"])("%s is taken", (version) => {
  expect(() => refuseUnsafeSqlite(version)).not.toThrow();
});

test.each(["3.51.2", "3.51.0", "3.50.6", "3.45.9", "3.44.5", "3.40.1", "3.7.0", ""])("%p is refused", (version) => {
  expect(() => refuseUnsafeSqlite(version)).toThrow(MillraceError);
});
