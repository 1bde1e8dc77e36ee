import { afterAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import fc from "fast-check";
import { systemClock } from "../../base/index.ts";
import { sortPaths } from "../list/path-order.ts";
import { DiskReader } from "./disk-reader.ts";
import type { GrepQuery } from "./grep-query.ts";
import { HeldFiles } from "./held-files.ts";
import { FileSearch } from "./search-files.ts";
import { inOrder, ripgrep } from "./testing.ts";

const top = mkdtempSync(join(tmpdir(), "millrace-search-files-"));
afterAll(() => rmSync(top, { recursive: true }));

function put(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function makeTree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(top, "tree-"));
  for (const [path, content] of Object.entries(files)) put(folder, path, content);
  return folder;
}

function hold(
  folder: string,
  paths: readonly string[],
  { bytesMax = 1_000_000, fileBytesMax = 10_000, granularityMs = 2000 } = {},
) {
  const held = new HeldFiles(new DiskReader({ folder, fileBytesMax, granularityMs, clock: systemClock }), bytesMax);
  held.list(sortPaths([...paths]));
  return held;
}

function search(held: HeldFiles, query: GrepQuery, changed: readonly string[] | "unknown" = "unknown", isStopped = () => false) {
  held.changed(changed);
  held.begin();
  const one = new FileSearch(held, query, isStopped);
  one.prepare();
  return one.run();
}

const found = (...all: Parameters<typeof search>) => search(...all).matches.map(({ path, line }) => `${path}:${line}`);

test("globs let in what ripgrep's -g lets in", () => {
  const files = [
    "a.ts",
    "b.js",
    "src/a.ts",
    "src/x/b.tsx",
    "src/x/c.js",
    "test/a.ts",
    ".hidden/d.ts",
    "src/.e.ts",
    "lib/src/f.ts",
    "x/y/z/g.js",
  ];
  const folder = makeTree(Object.fromEntries(files.map((path) => [path, "needle\n"])));
  const held = hold(folder, files);
  const choices = [
    ["*.ts"],
    ["!*.ts"],
    ["*.ts", "!test/**"],
    ["!test/**", "*.ts"],
    ["src/**"],
    ["/src/**"],
    ["**/src/**"],
    ["!src"],
    ["!src", "a.ts"],
    ["!src/x", "*.{ts,tsx,js}"],
    ["*.{js,tsx}"],
    ["src/*"],
    ["src/*.ts"],
    ["!/src"],
    ["!**/x/**"],
    ["x/**/*.js"],
    ["[ab].*"],
    ["?.ts"],
    ["!.*"],
    ["*", "!*.js", "b.js"],
    ["src/x/b.tsx"],
    ["nothing"],
  ];
  for (const globs of choices) {
    const query = { pattern: "needle", globs };
    const theirs = ripgrep(rgPath, folder, query)?.map(({ path, line }) => `${path}:${line}`);
    expect([globs, found(held, query).sort()]).toEqual([globs, theirs?.sort() ?? []]);
  }
});

test("a match is never stale; that there is none is as fresh as what the caller vouches for", () => {
  const folder = makeTree({ "a.txt": "needle", "b/c.txt": "other", "b/d.txt": "other" });
  const held = hold(folder, ["a.txt", "b/c.txt", "b/d.txt", "new.txt"]);
  const query = { pattern: "needle" };
  expect(found(held, query)).toEqual(["a.txt:1"]);
  put(folder, "a.txt", "changed");
  put(folder, "b/c.txt", "needle");
  // Nobody named the changes: the match that is gone is not told, the new one is not known.
  expect(found(held, query, [])).toEqual([]);
  expect(found(held, query, ["b"])).toEqual(["b/c.txt:1"]);
  put(folder, "b/d.txt", "\nneedle");
  put(folder, "new.txt", "needle");
  expect(found(held, query, ["b/d.txt", "new.txt"])).toEqual(["b/c.txt:1", "b/d.txt:2", "new.txt:1"]);
  rmSync(join(folder, "b/c.txt"));
  expect(search(held, query, "unknown")).toMatchObject({
    matches: [{ path: "b/d.txt" }, { path: "new.txt" }],
    closed: 1,
    files: 4,
  });
});

test("a rewrite of the same size with its old time of change is seen; so is one whose stamps did not move", () => {
  const folder = makeTree({ "a.txt": "needle", "b.txt": "needle" });
  const held = hold(folder, ["a.txt"], { granularityMs: 1 });
  expect(found(held, { pattern: "needle" })).toHaveLength(1);
  const { atime, mtime } = statSync(join(folder, "a.txt"));
  put(folder, "a.txt", "nothin");
  utimesSync(join(folder, "a.txt"), atime, mtime);
  expect(found(held, { pattern: "nothin" })).toEqual(["a.txt:1"]);

  // Read while its stamps were young: it is read again though they are the same, and kept when it is the same.
  const reader = new DiskReader({ folder, fileBytesMax: 100, granularityMs: 60_000, clock: systemClock });
  const first = reader.read("b.txt");
  expect(first?.isRacy).toBe(true);
  expect(reader.read("b.txt", first)).toBe(first as never);
  const lying = { ...(first as NonNullable<typeof first>), bytes: Buffer.from("NEEDLE") };
  expect(Buffer.from(reader.read("b.txt", lying)?.bytes ?? []).toString()).toBe("needle");
});

test("what is no regular file inside the root is not searched, and nothing waits for it", () => {
  const folder = makeTree({
    "a.txt": "needle",
    "real/b.txt": "needle",
    "large.txt": "needle".repeat(100),
    "binary.txt": "needle\0",
  });
  const outside = makeTree({ "secret.txt": "needle" });
  symlinkSync(join(outside, "secret.txt"), join(folder, "link.txt"));
  symlinkSync(outside, join(folder, "out"));
  symlinkSync("loop", join(folder, "loop"));
  execFileSync("mkfifo", [join(folder, "fifo")]);
  const paths = [
    "a.txt",
    "real/b.txt",
    "large.txt",
    "binary.txt",
    "link.txt",
    "out/secret.txt",
    "loop",
    "fifo",
    "missing",
    "real",
    "../x",
    "a.txt/y",
  ];
  const held = hold(folder, paths, { fileBytesMax: 500 });
  const answer = search(held, { pattern: "needle" });
  expect(answer.matches.map(({ path }) => path)).toEqual(["a.txt", "real/b.txt"]);
  expect(answer).toMatchObject({ files: 12, binary: 1, closed: 9 });
  // A folder that becomes a link to outside after its files were held.
  rmSync(join(folder, "real"), { recursive: true });
  symlinkSync(outside, join(folder, "real"));
  put(outside, "b.txt", "needle");
  expect(found(held, { pattern: "needle" })).toEqual(["a.txt:1"]);
});

test("limits: of all matches, said when there are more, and of each file", () => {
  const folder = makeTree({ a: "x\nx\nx\n", b: "x\nx\n" });
  const held = hold(folder, ["a", "b"]);
  expect(search(held, { pattern: "x" })).toMatchObject({ isComplete: true, matches: { length: 5 } });
  expect(search(held, { pattern: "x", matchesMax: 5 })).toMatchObject({ isComplete: true, matches: { length: 5 } });
  expect(search(held, { pattern: "x", matchesMax: 4 })).toMatchObject({ isComplete: false, matches: { length: 4 } });
  expect(found(held, { pattern: "x", matchesMax: 3 })).toEqual(["a:1", "a:2", "a:3"]);
  expect(found(held, { pattern: "x", matchesPerFileMax: 1 })).toEqual(["a:1", "b:1"]);
});

test("stops between files when told to", () => {
  const folder = makeTree({ a: "x", b: "x", c: "x" });
  const held = hold(folder, ["a", "b", "c"]);
  let asked = 0;
  expect(found(held, { pattern: "x" }, "unknown", () => ++asked > 4)).toEqual(["a:1"]);
});

test("random edits, lists and bounds of memory: equal to ripgrep on the tree as it is", () => {
  const names = ["a.txt", "b.txt", "d/a.txt", "d/e/c.txt", "d/f.txt"];
  const contents = ["needle one\n", "nothing\nneedle\n", "a\nb\nc", "NEEDLE\0", "", "needles needle\r\n".repeat(20), "éneedle"];
  const queries: GrepQuery[] = [
    { pattern: "needle", isLiteral: true },
    { pattern: "ne+dles?", case: "insensitive" },
    { pattern: "needle", isWord: true },
    { pattern: "^.$" },
  ];
  const step = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...contents, undefined), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.constantFrom(1, 30, 400, 1_000_000), (steps, bytesMax) => {
      const folder = mkdtempSync(join(top, "random-"));
      const held = hold(folder, [], { bytesMax });
      const present = new Set<string>();
      for (const [index, [path, content, isVouched]] of steps.entries()) {
        const isNew = !present.has(path);
        if (content === undefined) rmSync(join(folder, path), { force: true });
        else put(folder, path, content);
        if (content === undefined) present.delete(path);
        else present.add(path);
        if (isNew || content === undefined) held.list(sortPaths([...present]));
        const query = queries[index % queries.length] as GrepQuery;
        const own = search(held, query, isVouched ? [path] : "unknown").matches.map(({ path: at, line, column, text }) => ({
          path: at,
          line,
          column,
          text,
        }));
        expect(inOrder(own)).toEqual(inOrder(ripgrep(rgPath, folder, query) ?? []));
        expect(held.bytes).toBeLessThanOrEqual(bytesMax);
      }
    }),
    { numRuns: 12 },
  );
});
