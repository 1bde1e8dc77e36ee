import { afterEach, describe, expect, test } from "bun:test";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../base/index.ts";
import { ScratchRepository } from "../git/testing.ts";
import { parseGitIndex } from "./git-index.ts";
import { findRepository, type GitRepository } from "./git-repository.ts";
import { readGitIndex } from "./read-git-index.ts";

const hasGit = Bun.which("git") !== null;
const made: ScratchRepository[] = [];

afterEach(() => {
  for (const repository of made.splice(0)) repository.remove();
});

function scratch(): ScratchRepository {
  const repository = ScratchRepository.create();
  made.push(repository);
  return repository;
}

const found = (repository: ScratchRepository) => findRepository(repository.folder) as GitRepository;
const rowsOf = (repository: ScratchRepository) => {
  const index = readGitIndex(found(repository));
  return index.paths.map((_, row) => index.entry(row));
};

describe.skipIf(!hasGit)(hasGit ? "the index" : "skipped: the index (git is not on this machine)", () => {
  for (const version of [2, 3, 4]) {
    test(`of version ${version} has git's rows, with stat data and flags`, () => {
      const repository = scratch();
      const long = `${"d".repeat(200)}/`.repeat(20);
      for (const path of ["a.c", "a-b", "a/b", "a/bc", "a/é\u{1f600}", "z", "link-not", `${long}name`])
        repository.write(path, path);
      repository.git("add", "-A");
      if (version > 2) {
        repository.write("intended", "");
        repository.git("add", "-N", "intended");
        repository.git("update-index", "--skip-worktree", "a/b");
      }
      repository.git("update-index", "--assume-unchanged", "z");
      repository.git("update-index", "--index-version", String(version));
      expect(readFileSync(join(repository.folder, ".git/index")).readUInt32BE(4)).toBe(version);
      const rows = rowsOf(repository);
      const printed = repository
        .git("ls-files", "-z", "--stage")
        .split("\0")
        .filter((line) => line !== "");
      expect(rows.map(({ path, mode, blob, stage }) => `${mode.toString(8)} ${blob} ${stage}\t${path}`)).toEqual(printed);
      expect(rows.filter((row) => row.isAssumedUnchanged).map(({ path }) => path)).toEqual(["z"]);
      expect(rows.filter((row) => row.isSkippedInWorktree).map(({ path }) => path)).toEqual(version > 2 ? ["a/b"] : []);
      expect(rows.filter((row) => row.isIntentToAdd).map(({ path }) => path)).toEqual(version > 2 ? ["intended"] : []);
      for (const { path, stat, isIntentToAdd } of rows) {
        const real = lstatSync(join(repository.folder, path), { bigint: true });
        if (isIntentToAdd) continue;
        expect(stat?.size).toBe(Number(real.size));
        expect(BigInt(stat?.modifiedS ?? 0) * 1_000_000_000n + BigInt(stat?.modifiedNs ?? 0)).toBe(real.mtimeNs);
        expect(BigInt(stat?.changedS ?? 0) * 1_000_000_000n + BigInt(stat?.changedNs ?? 0)).toBe(real.ctimeNs);
        expect(BigInt(stat?.inode ?? 0)).toBe(real.ino & 0xffffffffn);
      }
    });
  }

  test("in parts is asked of git", () => {
    const repository = scratch();
    repository.write("a", "a");
    repository.write("b/c", "c");
    repository.commit();
    repository.git("update-index", "--skip-worktree", "b/c");
    repository.git("update-index", "--split-index");
    repository.git("update-index", "--assume-unchanged", "a");
    expect(parseGitIndex(readFileSync(join(repository.folder, ".git/index")))).toBe("partial");
    const rows = rowsOf(repository);
    expect(
      rows.map(({ path, stat, isAssumedUnchanged, isSkippedInWorktree }) => [
        path,
        stat,
        isAssumedUnchanged,
        isSkippedInWorktree,
      ]),
    ).toEqual([
      ["a", undefined, true, false],
      ["b/c", undefined, false, true],
    ]);
  });

  test("cut or changed anywhere is malformed or other rows, but never a crash or a path out of the root", () => {
    const repository = scratch();
    for (const path of ["a", "a/b", "c/d"]) repository.write(path === "a" ? "x" : path, "1");
    repository.git("add", "-A");
    for (const version of ["2", "4"]) {
      repository.git("update-index", "--index-version", version);
      const bytes = readFileSync(join(repository.folder, ".git/index"));
      for (let at = 0; at < bytes.length; at++) {
        expect(parseGitIndex(bytes.subarray(0, at))).toBe("malformed");
        for (const byte of [0, 0x2e, 0x2f, 0xff]) {
          const changed = Buffer.from(bytes);
          changed[at] = byte;
          const parsed = parseGitIndex(changed);
          if (typeof parsed === "string") continue;
          for (const path of parsed.paths) expect(path).not.toMatch(/^\/|(?:^|\/)\.\.?(?:\/|$)/);
        }
      }
    }
  });

  test("that git cannot read either is an error that says so; without one there are no rows", () => {
    const repository = scratch();
    expect(rowsOf(repository)).toEqual([]);
    repository.write(".git/index", "DIRC and so on, for as long as it takes to be taken for an index");
    try {
      readGitIndex(found(repository));
      throw new Error("it was read");
    } catch (error) {
      expect(MillraceError.is(error, "repository_unreadable")).toBe(true);
    }
  });
});
