// A store of threads in SQLite in a process of its own, asked by lines of JSON: `[method, ...arguments]`, answered by
// `{"result"}` or `{"code"}`. For tests that put something between a program and its disk, or kill it. Ends with its input.

import { MillraceError } from "../../src/base/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

const [path = ""] = process.argv.slice(2);
const store = new SqliteThreadStore({ path, readersMax: 1, busyTimeoutMs: 100 });

for await (const line of console) {
  const [method, ...args] = JSON.parse(line) as [string, ...unknown[]];
  const answer = await (store as unknown as Methods)[method]?.(...args).then(
    (result) => ({ result }),
    (error: unknown) => (MillraceError.is(error) ? { code: error.code, message: error.message } : { code: String(error) }),
  );
  await Bun.write(Bun.stdout, `${JSON.stringify(answer)}\n`);
}
