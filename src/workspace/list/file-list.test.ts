import { afterEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, systemClock } from "../../base/index.ts";
import { ScratchRepository } from "../git/testing.ts";
import { FileList } from "./file-list.ts";
import { gitList } from "./testing.ts";

const hasGit = Bun.which("git") !== null;
const made: (() => void)[] = [];

afterEach(() => {
  for (const remove of made.splice(0).reverse()) remove();
});

function scratch(files: Readonly<Record<string, string>> = {}): ScratchRepository {
  const repository = ScratchRepository.create();
  made.push(() => repository.remove());
  for (const [path, content] of Object.entries(files)) repository.write(path, content);
  return repository;
}

function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-list-")));
  made.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const listOf = (folder: string, more: { heldMsMax?: number; entriesMax?: number; configHome?: string } = {}) =>
  new FileList({ folder, clock: systemClock, ...more });

function compare(list: FileList, folder: string): readonly string[] {
  const paths = list.paths();
  expect(paths).toEqual(gitList(folder));
  expect(listOf(folder).paths()).toEqual(paths);
  return paths;
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (MillraceError.is(error)) return error.code;
    throw error;
  }
  return "none";
};

describe.skipIf(!hasGit)(hasGit ? "as git has it" : "skipped: as git has it (git is not on this machine)", () => {
  test("tracked, untracked and ignored files, the nested rules, and what is tracked though ignored", () => {
    const repository = scratch({
      ".gitignore": "*.log\nbuild/\n!keep.log\n",
      "a.ts": "",
      "a.log": "",
      "keep.log": "",
      "build/out.js": "",
      "build/deep/tracked.js": "",
      "src/.gitignore": "/gen\n!*.log\n",
      "src/b.log": "",
      "src/gen/x": "",
      "src/inner/gen/x": "",
    });
    repository.git("add", "-f", "build/deep/tracked.js", "a.ts");
    const list = listOf(repository.folder);
    expect(compare(list, repository.folder)).toEqual([
      ".gitignore",
      "a.ts",
      "build/deep/tracked.js",
      "keep.log",
      "src/.gitignore",
      "src/b.log",
      "src/inner/gen/x",
    ]);
    expect(list.folders()).toEqual(["", "build", "build/deep", "src", "src/inner", "src/inner/gen"]);
    expect(list.paths()).toBe(list.paths());
    expect(list.generation).toBe(1);
  });

  test("info/exclude, core.excludesFile from any configuration, and the user's own file where none is named", () => {
    const repository = scratch({ a: "", "b.x": "", "c.y": "", "d.z": "", "sub/.gitignore": "!*.y\n", "sub/c.y": "" });
    repository.write(".git/info/exclude", "*.x\n");
    const list = listOf(repository.folder);
    compare(list, repository.folder);
    repository.write(".git/my-excludes", "*.y\n");
    repository.git("config", "core.excludesFile", ".git/my-excludes");
    expect(compare(list, repository.folder)).toEqual(["a", "d.z", "sub/.gitignore", "sub/c.y"]);
    repository.write(".git/my-excludes", "*.z\n");
    expect(compare(list, repository.folder)).toEqual(["a", "c.y", "sub/.gitignore", "sub/c.y"]);
    repository.write(".git/included", "[core]\n\texcludesFile = /nowhere\n");
    repository.git("config", "include.path", "included");
    expect(compare(list, repository.folder)).toContain("d.z");
    rmSync(join(repository.folder, ".git/info/exclude"));
    expect(compare(list, repository.folder)).toContain("b.x");
    const configHome = emptyFolder();
    mkdirSync(join(configHome, "git"));
    writeFileSync(join(configHome, "git/ignore"), "a\n");
    repository.git("config", "--unset", "include.path");
    repository.git("config", "--unset", "core.excludesFile");
    expect(listOf(repository.folder, { configHome }).paths()).not.toContain("a");
  });

  test("every kind of entry: links are paths, pipes are none, names that are not UTF-8 are counted, empty folders are nothing", () => {
    const repository = scratch({ "folder/a": "", "ü/x": "" });
    symlinkSync("folder", join(repository.folder, "link"));
    symlinkSync("nowhere", join(repository.folder, "dangling"));
    symlinkSync(".", join(repository.folder, "folder/loop"));
    mkdirSync(join(repository.folder, "empty/below"), { recursive: true });
    Bun.spawnSync(["mkfifo", join(repository.folder, "pipe")]);
    writeFileSync(Buffer.from(`${repository.folder}/caf\xe9`, "latin1"), "");
    const list = listOf(repository.folder);
    expect(compare(list, repository.folder)).toEqual(["dangling", "folder/a", "folder/loop", "link", "ü/x"]);
    expect(list.stats().unreadableNames).toBe(1);
    expect(list.folders()).toContain("empty/below");
    repository.write(".git/ignore-target", "a\n");
    // git itself waits at such an ignore file for ever.
    Bun.spawnSync(["mkfifo", join(repository.folder, "folder/.gitignore")]);
    expect(list.paths()).toContain("folder/a");
    rmSync(join(repository.folder, "folder/.gitignore"));
    symlinkSync("../.git/ignore-target", join(repository.folder, "folder/.gitignore"));
    expect(compare(list, repository.folder)).toContain("folder/a");
  });

  test("nested repositories are one path, submodules one without a slash, and what becomes or ceases to be one is seen", () => {
    const repository = scratch({ "vendor/lib/a": "", "plain/a": "", "ignored/lib/a": "", ".gitignore": "ignored\n" });
    const inner = scratch({ file: "" });
    inner.commit();
    repository.git("init", "-q", "vendor/lib");
    repository.git("init", "-q", "ignored/lib");
    for (const part of ["objects", "refs"]) mkdirSync(join(repository.folder, "plain/.git", part), { recursive: true });
    repository.write("plain/.git/HEAD", "no head of a repository");
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.folder, "sub");
    const list = listOf(repository.folder);
    expect(compare(list, repository.folder)).toEqual([".gitignore", ".gitmodules", "plain/a", "sub", "vendor/lib/"]);
    expect(list.stats().nestedRepositories).toBe(1);
    repository.write("plain/.git/HEAD", "ref: refs/heads/main\n");
    expect(compare(list, repository.folder)).toContain("plain/");
    rmSync(join(repository.folder, "vendor/lib/.git"), { recursive: true });
    expect(compare(list, repository.folder)).toContain("vendor/lib/a");
    repository.git("rm", "-q", "--cached", "sub");
    expect(compare(list, repository.folder)).toContain("sub/");
    expect(compare(listOf(join(repository.folder, "sub")), join(repository.folder, "sub"))).toEqual(["file"]);
    rmSync(join(repository.folder, "sub"), { recursive: true });
    expect(compare(list, repository.folder)).not.toContain("sub");
  });

  test("a tracked file that becomes a submodule without being renamed", () => {
    const repository = scratch({ "swap/file": "", other: "" });
    repository.git("add", "other");
    const id = repository.git("rev-parse", ":other");
    const list = listOf(repository.folder);
    for (const mode of ["100644", "160000", "100644"]) {
      repository.git("update-index", "--add", "--cacheinfo", `${mode},${id},swap`);
      expect(compare(list, repository.folder)).toEqual(["other", mode === "160000" ? "swap" : "swap/file"]);
    }
  });

  test("a worktree has its own index, and shares info/exclude", () => {
    const repository = scratch({ a: "", "b.x": "" });
    repository.commit();
    repository.write(".git/info/exclude", "*.x\n");
    const folder = join(emptyFolder(), "tree");
    repository.git("worktree", "add", "-q", folder);
    writeFileSync(join(folder, "new"), "");
    writeFileSync(join(folder, "new.x"), "");
    Bun.spawnSync(["git", "-C", folder, "rm", "-q", "--cached", "a"]);
    expect(compare(listOf(folder), folder)).toEqual(["a", "b.x", "new"]);
    writeFileSync(join(folder, ".git"), "gitdir: /nowhere\n");
    expect(codeOf(() => listOf(folder).paths())).toBe("repository_unreadable");
  });

  test("a folder inside a repository is listed with the rules from above", () => {
    const repository = scratch({
      ".gitignore": "*.log\n/out/*\n/pkg/gone\n!/out/kept\n",
      "pkg/.gitignore": "/deep/x\n",
      "pkg/deep/x": "",
      "pkg/deep/y.log": "",
      "pkg/deep/z": "",
      "pkg/gone/a": "",
      "pkg/gone/tracked": "",
      "out/kept/a": "",
    });
    repository.git("add", "-f", "pkg/gone/tracked");
    for (const folder of ["pkg", "pkg/deep", "pkg/gone", "out", "out/kept"].map((each) => join(repository.folder, each))) {
      const list = listOf(folder);
      compare(list, folder);
      appendFileSync(join(repository.folder, ".gitignore"), "z\n");
      compare(list, folder);
    }
  });

  test("sparse checkouts, the sparse index, the split index, versions 2 and 4, SHA-256", () => {
    const files = { "a/x": "1", "a/.gitignore": "*.log\n", "b/x": "2", "b/c/y": "3", "b/c/.gitignore": "/t\n", top: "4" };
    for (const version of ["2", "4"]) {
      const repository = scratch(files);
      repository.git("config", "index.version", version);
      repository.commit();
      repository.git("update-index", "--index-version", version);
      repository.write("a/new.log", "");
      const list = listOf(repository.folder);
      compare(list, repository.folder);
      repository.git("sparse-checkout", "set", "--no-cone", "/*", "!/b/", "/b/c/y");
      repository.write("b/c/t", "");
      expect(compare(list, repository.folder)).toEqual(["a/.gitignore", "a/x", "b/c/y", "top"]);
      repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "a");
      expect(compare(list, repository.folder)).toEqual(["a/.gitignore", "a/x", "top"]);
      repository.git("sparse-checkout", "disable");
      repository.git("update-index", "--split-index");
      repository.write("b/new", "");
      repository.git("add", "b/new");
      compare(list, repository.folder);
    }
    const folder = emptyFolder();
    expect(Bun.spawnSync(["git", "init", "-q", "--object-format=sha256", folder]).exitCode).toBe(0);
    writeFileSync(join(folder, "a"), "");
    writeFileSync(join(folder, "b"), "");
    Bun.spawnSync(["git", "-C", folder, "add", "a"]);
    compare(listOf(folder), folder);
  });

  test("a damaged index is a clear error, and is good again when it is", () => {
    const repository = scratch({ a: "" });
    repository.git("add", "a");
    const list = listOf(repository.folder);
    compare(list, repository.folder);
    const index = readFileSync(join(repository.folder, ".git/index"));
    for (const damaged of [Buffer.alloc(0), index.subarray(0, 60), Buffer.concat([Buffer.from("DIRX"), index.subarray(4)])]) {
      writeFileSync(join(repository.folder, ".git/index"), damaged);
      expect(codeOf(() => list.paths())).toBe("repository_unreadable");
      expect(codeOf(() => list.paths())).toBe("repository_unreadable");
    }
    writeFileSync(join(repository.folder, ".git/index"), index);
    expect(compare(list, repository.folder)).toEqual(["a"]);
    rmSync(join(repository.folder, ".git/index"));
    expect(compare(list, repository.folder)).toEqual(["a"]);
  });

  test("an unfinished merge, deleted files, files turned into folders and links", () => {
    const repository = scratch({ a: "1", "b/c": "1", d: "1", "e/f": "1" });
    repository.commit();
    repository.git("checkout", "-q", "-b", "other");
    repository.write("a", "2");
    repository.commit();
    repository.git("checkout", "-q", "main");
    repository.write("a", "3");
    repository.commit();
    Bun.spawnSync([
      "git",
      "-C",
      repository.folder,
      "-c",
      "user.name=A",
      "-c",
      "user.email=a@example.com",
      "merge",
      "-q",
      "other",
    ]);
    const list = listOf(repository.folder);
    expect(compare(list, repository.folder)).toEqual(["a", "b/c", "d", "e/f"]);
    rmSync(join(repository.folder, "d"));
    repository.write("d/x", "");
    rmSync(join(repository.folder, "b"), { recursive: true });
    symlinkSync("e", join(repository.folder, "b"));
    expect(compare(list, repository.folder)).toEqual(["a", "b", "d/x", "e/f"]);
  });

  test("where case does not matter", () => {
    const repository = scratch({ ".gitignore": "Build/\n*.LOG\n", "bUILD/x": "", "a.log": "", readme: "", "Dir/a": "" });
    repository.git("config", "core.ignoreCase", "true");
    repository.git("add", "readme");
    const list = listOf(repository.folder);
    expect(compare(list, repository.folder)).toEqual([".gitignore", "Dir/a", "readme"]);
    renameSync(join(repository.folder, "readme"), join(repository.folder, "README"));
    compare(list, repository.folder);
    for (const name of ["clash", "CLASH", "Clash"]) repository.write(name, "");
    repository.git("-c", "core.ignoreCase=false", "add", "clash", "CLASH");
    expect(compare(list, repository.folder)).toContain("CLASH");
    repository.git("config", "core.ignoreCase", "false");
    expect(compare(list, repository.folder)).toContain("bUILD/x");
  });

  test("a folder that becomes a repository, and ceases to be one, is listed as it is then", () => {
    const folder = emptyFolder();
    for (const [path, content] of Object.entries({ ".gitignore": "x\n", x: "", y: "" }))
      writeFileSync(join(folder, path), content);
    const list = listOf(folder);
    expect(list.paths()).toEqual([".gitignore", "y"]);
    expect(list.stats().isRepository).toBe(false);
    Bun.spawnSync(["git", "-C", folder, "init", "-q"]);
    Bun.spawnSync(["git", "-C", folder, "add", "-f", "x"]);
    expect(compare(list, folder)).toEqual([".gitignore", "x", "y"]);
    rmSync(join(folder, ".git"), { recursive: true });
    expect(list.paths()).toEqual([".gitignore", "y"]);
    expect(list.generation).toBe(3);
  });

  test("bare repositories and the inside of .git are refused", () => {
    const repository = scratch({ a: "" });
    repository.commit();
    const bare = join(emptyFolder(), "bare.git");
    repository.git("clone", "-q", "--bare", ".", bare);
    for (const folder of [bare, join(bare, "refs"), join(repository.folder, ".git/refs")]) {
      expect(codeOf(() => listOf(folder).paths())).toBe("repository_unreadable");
    }
  });
});
