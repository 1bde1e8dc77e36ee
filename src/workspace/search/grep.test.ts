import { afterAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import { Cancellation, MillraceError, systemClock, VirtualClock } from "../../base/index.ts";
import { sortPaths } from "../list/path-order.ts";
import { Grep, type GrepOptions } from "./grep.ts";
import type { GrepQuery } from "./grep-query.ts";
import { inOrder, ripgrep } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-grep-"));
const files = { "a.txt": "needle\nother needle\n", "b.txt": `${"a".repeat(60)}\n` };
for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
const list = { paths: Object.keys(files), generation: 1 };
const EXPLODES = "^(a|a)*c$";
const unknown = { changed: "unknown" } as const;

const opened: Grep[] = [];
afterAll(() => {
  for (const grep of opened) grep.close();
  rmSync(folder, { recursive: true });
});

/** With the workers it starts, and a promise of the next time that one of them begins to search. */
function open(options: Partial<GrepOptions> = {}) {
  const workers: Worker[] = [];
  let prepared = Promise.withResolvers<void>();
  const startWorker = () => {
    const worker = new Worker(new URL("./grep-worker.ts", import.meta.url));
    worker.addEventListener("message", (event: MessageEvent<{ kind: string }>) => {
      if (event.data.kind === "prepared") prepared.resolve();
    });
    workers.push(worker);
    return worker;
  };
  const grep = new Grep({ folder, clock: systemClock, bytesMax: 1_000_000, searchMsMax: 60_000, startWorker, ...options });
  opened.push(grep);
  const begun = () => {
    prepared = Promise.withResolvers();
    return prepared.promise;
  };
  return { grep, workers, begun };
}

const codeOf = (search: Promise<unknown>) =>
  search.then(
    () => "answered",
    (error: unknown) => (MillraceError.is(error) ? error.code : error),
  );

test("finds lines by a worker, and keeps the worker", async () => {
  const { grep, workers } = open();
  expect(await grep.search({ pattern: "needle" }, list, unknown)).toEqual({
    matches: [
      { path: "a.txt", line: 1, column: 1, text: "needle" },
      { path: "a.txt", line: 2, column: 7, text: "other needle" },
    ],
    isComplete: true,
    files: 2,
    binary: 0,
    closed: 0,
  });
  const more = await Promise.all(["^a", "other"].map((pattern) => grep.search({ pattern }, list, { changed: [] })));
  expect(more.map(({ matches }) => matches.map(({ path }) => path))).toEqual([["b.txt"], ["a.txt"]]);
  expect((await grep.search({ pattern: "." }, { paths: [], generation: 2 }, unknown)).files).toBe(0);
  expect((await grep.search({ pattern: "needle" }, { paths: ["a.txt"], generation: 3 }, unknown)).matches).toHaveLength(2);
  expect(workers).toHaveLength(1);
});

test("what cannot be searched for is refused before a worker is started", async () => {
  const { grep, workers } = open();
  expect(await codeOf(grep.search({ pattern: "(?=x)" }, list, unknown))).toBe("pattern_invalid");
  expect(await codeOf(grep.search({ pattern: "x", globs: ["a[b"] }, list, unknown))).toBe("pattern_invalid");
  expect(await codeOf(grep.search({ pattern: "x", matchesMax: 0 }, list, unknown))).toBe("option_invalid");
  expect(await codeOf(grep.search({ pattern: "x", textMax: Number.POSITIVE_INFINITY }, list, unknown))).toBe("option_invalid");
  expect(workers).toHaveLength(0);
  expect(() => new Grep({ folder, clock: systemClock, bytesMax: Number.POSITIVE_INFINITY })).toThrow("bytesMax");
});

test("an expression that explodes is ended at its limit, and the next search has a new worker", async () => {
  const clock = new VirtualClock();
  const { grep, workers, begun } = open({ clock, searchMsMax: 100 });
  const searching = begun();
  const exploding = codeOf(grep.search({ pattern: EXPLODES }, list, unknown));
  const next = grep.search({ pattern: "needle" }, list, { changed: [] });
  await searching;
  await clock.advance(100);
  expect(await exploding).toBe("grep_too_slow");
  expect((await next).matches).toHaveLength(2);
  expect(workers).toHaveLength(2);
});

test("whoever leaves is let go at once; a search that waits is never begun", async () => {
  const clock = new VirtualClock();
  const { grep, begun } = open({ clock, searchMsMax: 100 });
  const [first, second] = [new Cancellation(), new Cancellation()];
  const searching = begun();
  const exploding = codeOf(grep.search({ pattern: EXPLODES }, list, { ...unknown, signal: first }));
  const waiting = codeOf(grep.search({ pattern: "needle" }, list, { ...unknown, signal: second }));
  second.abort("second left");
  expect(await waiting).toBe("second left");
  expect(grep.stats().waiting).toBe(0);
  await searching;
  first.abort("first left");
  expect(await exploding).toBe("first left");
  const left = new Cancellation();
  left.abort("was gone");
  expect(await codeOf(grep.search({ pattern: "needle" }, list, { ...unknown, signal: left }))).toBe("was gone");
  await clock.advance(100);
  expect((await grep.search({ pattern: "needle" }, list, unknown)).matches).toHaveLength(2);
});

test("changes named by a search that was left count for the next", async () => {
  const { grep } = open();
  expect((await grep.search({ pattern: "fresh" }, list, unknown)).matches).toHaveLength(0);
  writeFileSync(join(folder, "b.txt"), "fresh\n");
  const left = new Cancellation();
  left.abort("left");
  expect(await codeOf(grep.search({ pattern: "fresh" }, list, { changed: ["b.txt"], signal: left }))).toBe("left");
  expect((await grep.search({ pattern: "fresh" }, list, { changed: [] })).matches).toHaveLength(1);
  writeFileSync(join(folder, "b.txt"), files["b.txt"]);
});

test("a worker that dies fails its search, and the next has a new one", async () => {
  const { grep, workers, begun } = open();
  const searching = begun();
  const lost = codeOf(grep.search({ pattern: EXPLODES }, list, unknown));
  await searching;
  workers[0]?.terminate();
  expect(await lost).toBe("grep_failed");
  expect((await grep.search({ pattern: "needle" }, list, { changed: [] })).matches).toHaveLength(2);
  expect(grep.stats()).toEqual({ searches: 2, waiting: 0, workersStarted: 2 });
});

test("as many wait as may, the next is refused; closing ends all", async () => {
  const { grep } = open({ waitingMax: 2 });
  const all = [EXPLODES, "x", "x", "x"].map((pattern) => codeOf(grep.search({ pattern }, list, unknown)));
  expect(await all[3]).toBe("grep_full");
  grep.close();
  expect(await Promise.all(all)).toEqual(["shutting_down", "shutting_down", "shutting_down", "grep_full"]);
  expect(await codeOf(grep.search({ pattern: "x" }, list, unknown))).toBe("shutting_down");
});

const corpora = process.env.MILLRACE_CORPORA ?? "";
const repositories = corpora === "" ? [] : readdirSync(corpora).filter((name) => existsSync(join(corpora, name, ".git")));
describe("real repositories: equal to ripgrep", () => {
  const queries: GrepQuery[] = [
    { pattern: "function", isLiteral: true },
    { pattern: "create\\w+\\(" },
    { pattern: "todo|fixme", case: "insensitive" },
    { pattern: "import .* from ['\"][^'\"]+['\"];?$" },
    { pattern: "class", isWord: true },
    { pattern: "\\p{Lu}{5,}_[^\\x00-\\x7f]?" },
    { pattern: "[^\\x00-\\x7f]{3}" },
    { pattern: "error", case: "smart", globs: ["*.{ts,js,py}", "!**/test*/**"] },
    { pattern: "^\\s*$", globs: ["*.json"] },
    { pattern: "\\bdef \\w+\\(self" },
  ];
  for (const name of repositories) {
    test(name, async () => {
      const root = join(corpora, name);
      const tracked = execFileSync("git", ["ls-files", "-z", "--recurse-submodules"], { cwd: root, maxBuffer: 1e9 })
        .toString()
        .split("\0");
      const paths = sortPaths(tracked.filter((path) => path !== ""));
      const known = new Set(paths);
      const grep = new Grep({ folder: root, clock: systemClock, bytesMax: 500_000_000 });
      opened.push(grep);
      for (const query of queries) {
        const { matches } = await grep.search(
          { ...query, matchesMax: 100_000, textMax: 100_000 },
          { paths, generation: 1 },
          unknown,
        );
        // Of a file with a NUL byte behind its beginning ripgrep tells what it found before it.
        const binary = new Map<string, boolean>();
        const isBinary = (path: string) => {
          if (!binary.has(path)) binary.set(path, readFileSync(join(root, path)).includes(0));
          return binary.get(path) === true;
        };
        const theirs = (ripgrep(rgPath, root, query) ?? []).filter(({ path }) => known.has(path) && !isBinary(path));
        const line = ({ path, line: number, column, text }: (typeof theirs)[number]) => `${path}:${number}:${column}:${text}`;
        const own = inOrder(matches.map((match) => ({ ...match, text: match.text })));
        if (theirs.length <= 100_000)
          expect([query, own.length, own.map(line)]).toEqual([query, theirs.length, inOrder(theirs).map(line)]);
      }
      grep.close();
    }, 60_000);
  }
});
