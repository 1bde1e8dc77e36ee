import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../../base/index.ts";
import { FileList } from "./file-list.ts";
import { askGit } from "./git-program.ts";
import { takeStamp } from "./stamp.ts";
import { gitList } from "./testing.ts";

const hasGit = Bun.which("git") !== null;

const NAMES = ["a", "b", "ab", "A", "foo", "foo.txt", "x.log", "é", "build", ".hidden", "a b", "[x]", "!a", "#a", "b\\"];
const LINES = [
  ...[
    "a",
    "b",
    "ab",
    "foo",
    "*.log",
    "!x.log",
    "*.txt ",
    "*",
    "!*",
    "?",
    "??",
    "/a",
    "/b/",
    "a/",
    "!a/",
    "/*",
    "/*/",
    "!/foo",
    "!/a/",
  ],
  ...[
    "**/b",
    "a/**",
    "a/**/b",
    "**/a/b",
    "b/*",
    "*/b",
    "a**/b",
    "a/*/foo",
    "**",
    "/**/x.log",
    "!**/",
    "a/b",
    "/a/b/",
    "!a/b/foo.txt",
  ],
  ...[
    "[ab]*",
    "[!a]*",
    "f[!a]o",
    "[[:upper:]]",
    "[[:alpha:]]b",
    "[x]",
    "\\[x\\]",
    "\\!a",
    "!!a",
    "\\#a",
    "#a",
    "",
    " ",
    "a b",
    "a\\ b",
  ],
  ...["é", "*é", "b\\\\", "b\\", ".*", "!.gitignore", "*o*", "f*t", "*.*", "build/", "!build/**", "\r", "a\r"],
];

const name = fc.constantFrom(...NAMES);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const folder = fc.array(name, { maxLength: 2 }).map((parts) => parts.map((part) => `${part}/`).join(""));
const ignoreFile = fc.array(fc.constantFrom(...LINES), { maxLength: 6 }).map((lines) => lines.join("\n"));

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), path }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("ignore" as const),
      path: folder.map((each) => `${each}.gitignore`),
      content: ignoreFile,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("ignore" as const), path: fc.constant(".git/info/exclude"), content: ignoreFile }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("remove" as const),
      path: fc.oneof(
        path,
        folder.map((each) => `${each}.gitignore`),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("rename" as const), path, to: path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("add" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("untrack" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repository" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkout" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Tree {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "millrace-random-")));

  constructor() {
    this.git("init", "-q", "-b", "main");
    mkdirSync(join(this.root, ".git/info"), { recursive: true });
  }

  /** What git refuses (nothing to commit, a path that is not there) is no step. */
  git(...args: readonly string[]): void {
    askGit(this.root, ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args]);
  }

  /** @returns paths that a watcher would have named; undefined: it was not possible */
  take(each: Step): string[] | undefined {
    const place = "path" in each ? join(this.root, each.path) : this.root;
    switch (each.kind) {
      case "write":
        return this.#canMake(each.path) ? this.#write(each.path, "") : undefined;
      case "ignore":
        return this.#canMake(each.path) ? this.#write(each.path, each.content) : undefined;
      case "remove":
        if (!takeStamp(place)) return undefined;
        rmSync(place, { recursive: true });
        return [each.path];
      case "rename":
        return this.#rename(each.path, each.to);
      case "link":
        if (!this.#canMake(each.path) || existsSync(place)) return undefined;
        mkdirSync(dirname(place), { recursive: true });
        symlinkSync(each.to, place);
        return this.#ways(each.path);
      case "repository":
        if (!this.#canMake(`${each.path}/.git`)) return undefined;
        mkdirSync(join(place, ".git/refs"), { recursive: true });
        mkdirSync(join(place, ".git/objects"), { recursive: true });
        writeFileSync(join(place, ".git/HEAD"), "ref: refs/heads/main\n");
        return this.#ways(`${each.path}/.git`);
      case "add":
        this.git("add", "-f", "--", each.path);
        return [];
      case "untrack":
        this.git("rm", "-r", "-q", "--cached", "--", each.path);
        return [];
      case "commit":
        this.git("commit", "-q", "-m", "x");
        return [];
      case "checkout": {
        const before = this.#folders();
        this.git("checkout", "-q", "-f", "HEAD~1");
        return [...new Set([...before, ...this.#folders()])];
      }
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #folders(at = ""): string[] {
    const inside = readdirSync(join(this.root, at), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== ".git",
    );
    return [at, ...inside.flatMap((entry) => this.#folders(`${at}${entry.name}/`))];
  }

  #write(path: string, content: string): string[] {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
    return this.#ways(path);
  }

  #rename(path: string, to: string): string[] | undefined {
    const isThere = takeStamp(join(this.root, path)) !== undefined;
    if (!isThere || takeStamp(join(this.root, to)) || !this.#canMake(to) || `${to}/`.startsWith(`${path}/`)) return undefined;
    mkdirSync(dirname(join(this.root, to)), { recursive: true });
    renameSync(join(this.root, path), join(this.root, to));
    return [path, ...this.#ways(to)];
  }

  /** A path, and the folders that had to be made for it. */
  #ways(path: string): string[] {
    const parent = dirname(path);
    return parent === "." ? [path] : [path, ...this.#ways(parent)];
  }

  /** Whether nothing but folders is on the way, and nothing but a file at its end. */
  #canMake(path: string): boolean {
    const parts = path.split("/");
    for (const end of parts.keys()) {
      const stats = lstatSync(join(this.root, ...parts.slice(0, end + 1)), { throwIfNoEntry: false });
      if (!stats) return true;
      if (end === parts.length - 1 ? !stats.isFile() : !stats.isDirectory()) return false;
    }
    return true;
  }
}

const listOf = (folder: string) => new FileList({ folder, clock: systemClock });

describe.skipIf(!hasGit)(hasGit ? "at random" : "skipped: at random (git is not on this machine)", () => {
  const cases = [
    [false, "rules of every kind decide as git's"],
    [true, "and where case does not matter"],
  ] as const;
  test.each(cases)("%p: %s", (isCaseIgnored) => {
    const tree = new Tree();
    try {
      tree.git("config", "core.ignoreCase", String(isCaseIgnored));
      for (const folder of ["a/b/", "foo/a/", "build/ab/", "b/", "a/", ""])
        for (const each of NAMES) tree.take({ kind: "write", path: `${folder}${each}` });
      const lists = [listOf(tree.root), listOf(join(tree.root, "a"))] as const;
      fc.assert(
        fc.property(ignoreFile, ignoreFile, ignoreFile, (top, inner, exclude) => {
          writeFileSync(join(tree.root, ".gitignore"), top);
          writeFileSync(join(tree.root, "foo/.gitignore"), inner);
          writeFileSync(join(tree.root, ".git/info/exclude"), exclude);
          for (const list of lists) list.invalidate();
          expect(lists[0].paths()).toEqual(gitList(tree.root));
          expect(lists[1].paths()).toEqual(gitList(join(tree.root, "a")));
        }),
        { numRuns: 80, includeErrorInReport: true },
      );
    } finally {
      tree.remove();
    }
  });

  test("after any steps the held list is git's, a fresh one's, and a watched one's that was told of them", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
        const tree = new Tree();
        try {
          const [held, watched] = [listOf(tree.root), listOf(tree.root)];
          watched.vouch(true);
          let generation = held.generation;
          let before: readonly string[] | undefined;
          for (const each of steps) {
            const named = tree.take(each);
            if (named === undefined) continue;
            watched.invalidate(named);
            const expected = gitList(tree.root);
            const paths = held.paths();
            expect(paths).toEqual(expected);
            expect(watched.paths()).toEqual(expected);
            expect(listOf(tree.root).paths()).toEqual(expected);
            const isSame = before !== undefined && before.join("\n") === paths.join("\n");
            expect(held.generation).toBe(isSame ? generation : generation + 1);
            generation = held.generation;
            before = paths;
          }
        } finally {
          tree.remove();
        }
      }),
      { numRuns: 30, includeErrorInReport: true },
    );
  }, 30_000);
});

const corpora = Bun.env.MILLRACE_CORPORA;
const real = corpora === undefined ? [] : readdirSync(corpora).filter((each) => existsSync(join(corpora, each, ".git")));

describe.skipIf(corpora === undefined)(
  corpora === undefined ? "skipped: real repositories (MILLRACE_CORPORA is not set)" : "real repositories",
  () => {
    for (const each of real) {
      test(`${each} is listed as by git`, () => {
        const root = join(corpora ?? "", each);
        const list = listOf(root);
        expect(list.paths()).toEqual(gitList(root));
        expect(list.paths()).toBe(list.paths());
      });
    }
  },
);
