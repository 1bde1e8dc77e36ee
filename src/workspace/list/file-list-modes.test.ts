import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cancellation, MillraceError, systemClock } from "../../base/index.ts";
import { FileList } from "./file-list.ts";
import { HeldFile } from "./held-file.ts";

const made: (() => void)[] = [];

afterEach(() => {
  for (const remove of made.splice(0).reverse()) remove();
});

function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-list-")));
  made.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const listOf = (folder: string, more: { heldMsMax?: number; entriesMax?: number; configHome?: string } = {}) =>
  new FileList({ folder, clock: systemClock, ...more });

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (MillraceError.is(error)) return error.code;
    throw error;
  }
  return "none";
};

test("outside of a repository ignore files hold too, and other repositories are not entered", () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "a/.git/objects"), { recursive: true });
  mkdirSync(join(folder, "a/.git/refs"));
  writeFileSync(join(folder, "a/.git/HEAD"), "ref: refs/heads/main\n");
  writeFileSync(join(folder, "a/x"), "");
  writeFileSync(join(folder, ".gitignore"), "*.log\n");
  writeFileSync(join(folder, "b.log"), "");
  expect(listOf(folder).paths()).toEqual([".gitignore", "a/"]);
});

test("a folder that is gone is told as such, and listed again when it is back", () => {
  const folder = join(emptyFolder(), "root");
  const list = listOf(folder);
  expect(codeOf(() => list.paths())).toBe("file_missing");
  for (const name of ["a", "b"]) {
    mkdirSync(folder);
    writeFileSync(join(folder, name), "");
    expect(list.paths()).toEqual([name]);
    rmSync(folder, { recursive: true });
    expect(codeOf(() => list.paths())).toBe("file_missing");
  }
  writeFileSync(folder, "a file");
  expect(codeOf(() => list.paths())).toBe("file_missing");
});

const isRoot = process.getuid?.() === 0;
const passedOver = "folders without permission are passed over and counted";
test.skipIf(isRoot)(isRoot ? `skipped: ${passedOver} (root may read all)` : passedOver, () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "closed"));
  writeFileSync(join(folder, "closed/a"), "");
  const list = listOf(folder);
  chmodSync(join(folder, "closed"), 0);
  expect(list.paths()).toEqual([]);
  expect(list.stats().unreadableFolders).toBe(1);
  chmodSync(join(folder, "closed"), 0o755);
  expect(list.paths()).toEqual(["closed/a"]);
  expect(list.stats().unreadableFolders).toBe(0);
});

test("a folder with forged times is seen to have changed", () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "a"));
  utimesSync(join(folder, "a"), 1000, 1000);
  const list = listOf(folder);
  expect(list.paths()).toEqual([]);
  writeFileSync(join(folder, "a/x"), "");
  utimesSync(join(folder, "a"), 1000, 1000);
  expect(list.paths()).toEqual(["a/x"]);
});

test("while a watcher vouches, only what it named is looked at; before and after, everything", () => {
  const folder = emptyFolder();
  for (const name of ["a/b", "c/d"]) mkdirSync(join(folder, name), { recursive: true });
  const list = listOf(folder);
  list.vouch(true);
  expect(list.paths()).toEqual([]);
  writeFileSync(join(folder, "a/b/1"), "");
  writeFileSync(join(folder, "c/d/2"), "");
  mkdirSync(join(folder, "a/new/deep"), { recursive: true });
  writeFileSync(join(folder, "a/new/deep/3"), "");
  expect(list.paths()).toEqual([]);
  expect(list.stats().isTrusted).toBe(true);
  list.invalidate(["a/b/1", "a/new"]);
  expect(list.paths()).toEqual(["a/b/1", "a/new/deep/3"]);
  rmSync(join(folder, "a"), { recursive: true });
  writeFileSync(join(folder, "c/.gitignore"), "2\n");
  list.invalidate(["a", "c/.gitignore"]);
  expect(list.paths()).toEqual(["c/.gitignore"]);
  writeFileSync(join(folder, "c/d/4"), "");
  expect(list.paths()).toEqual(["c/.gitignore"]);
  list.invalidate();
  expect(list.paths()).toEqual(["c/.gitignore", "c/d/4"]);
  writeFileSync(join(folder, "c/d/5"), "");
  list.vouch(false);
  expect(list.paths()).toEqual(["c/.gitignore", "c/d/4", "c/d/5"]);
});

test("a list may be held for some time where that is allowed, but not past what was named", () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "a"));
  const list = listOf(folder, { heldMsMax: 60_000 });
  expect(list.paths()).toEqual([]);
  writeFileSync(join(folder, "a/x"), "");
  expect(list.paths()).toEqual([]);
  list.invalidate(["a/x"]);
  expect(list.paths()).toEqual(["a/x"]);
  expect(codeOf(() => listOf(folder, { heldMsMax: Number.POSITIVE_INFINITY }))).toBe("option_invalid");
});

test("a first list may be made in slices, left, taken over, and asked for twice", async () => {
  const folder = emptyFolder();
  const names = Array.from({ length: 200 }, (_, each) => `${each}/${each}`);
  for (const name of names) mkdirSync(join(folder, name), { recursive: true });
  for (const name of names) writeFileSync(join(folder, name, "file"), "");
  const all = names.map((name) => `${name}/file`).sort();
  // A clock on which each look takes a slice.
  let now = 0;
  const clock = { ...systemClock, monotonic: () => (now += 20) };
  const list = new FileList({ folder, clock });
  const seen: number[] = [];
  expect(await list.load(undefined, (folders) => seen.push(folders))).toEqual(all);
  expect(seen).toEqual([64, 128, 192, 256, 320, 384]);
  const both = new FileList({ folder, clock });
  const [first, second] = [both.load(), both.load()];
  expect(both.paths()).toEqual(all);
  expect(await first).toEqual(all);
  expect(await second).toEqual(all);
  const left = new FileList({ folder, clock });
  const cancellation = new Cancellation();
  const leaving = left.load(cancellation, () => cancellation.abort(new Error("left")));
  await expect(leaving).rejects.toThrow("left");
  expect(left.paths()).toEqual(all);
});

test("folders that are renamed while they are walked are found where they went", async () => {
  const folder = emptyFolder();
  const names = Array.from({ length: 300 }, (_, each) => `from/${each}`);
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "file"), "");
  }
  let now = 0;
  const list = new FileList({ folder, clock: { ...systemClock, monotonic: () => (now += 20) } });
  let isMoved = false;
  const paths = await list.load(undefined, () => {
    if (!isMoved) renameSync(join(folder, "from"), join(folder, "to"));
    isMoved = true;
  });
  expect(paths).toEqual(names.map((name) => `${name.replace("from", "to")}/file`).sort());
  expect(list.stats().isTrusted).toBe(false);
});

test("what changed before a watcher vouched is found, even while a list was being made", async () => {
  const folder = emptyFolder();
  const names = Array.from({ length: 300 }, (_, each) => `${each}`);
  for (const name of names) mkdirSync(join(folder, name));
  let now = 0;
  const list = new FileList({ folder, clock: { ...systemClock, monotonic: () => (now += 20) } });
  let isVouched = false;
  await list.load(undefined, () => {
    if (isVouched) return;
    for (const name of names) writeFileSync(join(folder, name, "file"), "");
    list.vouch(true);
    isVouched = true;
  });
  expect(list.paths().length).toBe(300);
});

test("a file whose stamp proves nothing is told again, and others once", () => {
  const folder = emptyFolder();
  const path = join(folder, "file");
  const held = new HeldFile(path, { follows: false, bytesMax: 10 });
  const [allYoung, noneYoung] = [0n, 1n << 62n];
  expect(held.poll(noneYoung)).toEqual({ content: undefined });
  expect(held.poll(noneYoung)).toBeUndefined();
  writeFileSync(path, "content");
  expect(held.poll(allYoung)?.content?.toString()).toBe("content");
  expect(held.poll(noneYoung)?.content?.toString()).toBe("content");
  expect(held.poll(noneYoung)).toBeUndefined();
  writeFileSync(path, "content too large");
  expect(held.poll(noneYoung)).toEqual({ content: undefined });
});

test("more than may be held is told as such", () => {
  const folder = emptyFolder();
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), "");
  expect(codeOf(() => listOf(folder, { entriesMax: 2 }).paths())).toBe("workspace_too_large");
  expect(listOf(folder, { entriesMax: 3 }).paths().length).toBe(3);
});

test("who joins a check that began before the question gets one that began after it", async () => {
  const folder = emptyFolder();
  const names = Array.from({ length: 300 }, (_, each) => `${each}`);
  for (const name of names) mkdirSync(join(folder, name));
  let now = 0;
  const list = new FileList({ folder, clock: { ...systemClock, monotonic: () => (now += 20) } });
  let late: Promise<readonly string[]> | undefined;
  await list.load(undefined, () => {
    if (late) return;
    writeFileSync(join(folder, "0", "file"), "");
    late = list.load();
  });
  expect(await late).toEqual(["0/file"]);
});
