// A program for tests of crashes: writes key after key into a SQLite store and prints each number once it was
// acknowledged. It never ends by itself; whoever started it kills it.

import { systemClock, utf8 } from "../../src/base/index.ts";
import { SqliteKeyValue } from "../../src/stores/sqlite/index.ts";

const [path = "", namespace = ""] = process.argv.slice(2);
const store = new SqliteKeyValue({ path, namespace, clock: systemClock, bytesMax: 256 * 1024 * 1024, busyTimeoutMs: 20_000 });
const largest = "x".repeat(3000);
for (let number = 0; ; number++) {
  await store.set(`key ${number}`, utf8(`${number} ${largest}`));
  await Bun.write(Bun.stdout, `${number}\n`);
}
