import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Clock, MillraceError, systemClock } from "../../base/index.ts";
import { FileCache, type FileCacheOptions } from "./file-cache.ts";
import { textOf } from "./text-of.ts";

let folder = "";
let other = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-files-"));
  other = mkdtempSync(join(tmpdir(), "millrace-files-"));
});
afterEach(() => {
  for (const each of [folder, other]) rmSync(each, { recursive: true, force: true });
});

/** So far ahead of the files that no time of theirs is young. */
const later: Clock = { ...systemClock, now: () => systemClock.now() + 60_000 };
const cacheOf = (options: Partial<FileCacheOptions> = {}) =>
  new FileCache({ folder, clock: later, bytesMax: 1 << 20, ...options });
const place = (path: string) => join(folder, path);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return MillraceError.is(error) ? error.code : String(error);
  }
  return "nothing was thrown";
}

test("a file is read once, and then verified: what changed is read anew, what did not is the same array", () => {
  mkdirSync(place("a"));
  writeFileSync(place("a/ü 1"), "one");
  const cache = cacheOf();
  const first = cache.read("a/ü 1");
  expect(Buffer.from(first).toString()).toBe("one");
  expect(cache.read("a/ü 1")).toBe(first);
  writeFileSync(place("a/ü 1"), "two");
  expect(Buffer.from(cache.read("a/ü 1")).toString()).toBe("two");
  expect(cache.stats()).toMatchObject({ hits: 1, misses: 2, files: 1 });
});

test("a file that changed a moment ago is compared by content until it is old enough", () => {
  writeFileSync(place("a"), "one");
  let nowMs = statSync(place("a")).ctimeMs;
  const cache = cacheOf({ clock: { ...systemClock, now: () => nowMs } });
  const first = cache.read("a");
  expect(cache.read("a")).toBe(first);
  nowMs += 30;
  expect(cache.read("a")).toBe(first);
  expect(cache.read("a")).toBe(first);
  expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, compared: 2 });
});

test("paths that lead anywhere else are refused before anything is opened", () => {
  const cache = cacheOf();
  for (const path of [
    "",
    "/etc/passwd",
    "..",
    "../a",
    "a/../../b",
    "a/./b",
    "a//b",
    "a\0b",
    "./a",
    "a/",
    "\ud800",
    "x".repeat(5000),
  ]) {
    expect(codeOf(() => cache.read(path))).toBe("path_outside");
  }
});

test("links are followed within the folder, and refused where they lead out of it, wherever in the path", () => {
  mkdirSync(place("in"));
  writeFileSync(place("in/a"), "inside");
  writeFileSync(join(other, "a"), "outside");
  symlinkSync("in/a", place("link"));
  symlinkSync("in", place("folder"));
  symlinkSync(join(other, "a"), place("out"));
  symlinkSync(other, place("outer"));
  symlinkSync("loop", place("loop"));
  symlinkSync("/proc/self/environ", place("proc"));
  symlinkSync("/dev/zero", place("zero"));
  const cache = cacheOf();
  for (const path of ["link", "folder/a"]) expect(Buffer.from(cache.read(path)).toString()).toBe("inside");
  for (const path of ["out", "outer/a", "proc", "zero"]) expect(codeOf(() => cache.read(path))).toBe("path_outside");
  expect(codeOf(() => cache.read("loop"))).toBe("file_missing");
  // What is held does not open a way out.
  unlinkSync(place("link"));
  symlinkSync(join(other, "a"), place("link"));
  expect(codeOf(() => cache.read("link"))).toBe("path_outside");
  rmSync(place("in"), { recursive: true });
  symlinkSync(other, place("in"));
  expect(codeOf(() => cache.read("folder/a"))).toBe("path_outside");
});

test("what is no file is never waited for", () => {
  mkdirSync(place("folder"));
  Bun.spawnSync(["mkfifo", place("pipe")]);
  const server = Bun.listen({ unix: place("socket"), socket: { data() {} } });
  const cache = cacheOf();
  for (const path of ["folder", "pipe", "socket"]) expect(codeOf(() => cache.read(path))).toBe("file_not_regular");
  server.stop();
});

test("files over the limit are refused unread, two gigabytes too; a cache that is full forgets what was used longest ago", () => {
  writeFileSync(place("huge"), "");
  truncateSync(place("huge"), 2 ** 31 + 1);
  const cache = cacheOf({ bytesMax: 3000, fileBytesMax: 2000 });
  expect(codeOf(() => cache.read("huge"))).toBe("file_too_large");
  for (const name of ["a", "b", "c"]) writeFileSync(place(name), name.repeat(1000));
  const [a] = ["a", "b"].map((name) => cache.read(name));
  expect(cache.read("a")).toBe(a as Uint8Array);
  cache.read("c");
  expect(cache.stats()).toMatchObject({ files: 2, evicted: 1, bytes: 2512 });
  expect(cache.read("a")).toBe(a as Uint8Array);
  writeFileSync(place("d"), "d".repeat(2000));
  expect(cache.read("d").byteLength).toBe(2000);
  expect(cache.stats().bytes).toBeLessThanOrEqual(3000);
});

test("a folder that is gone has no files, and made again has its own", () => {
  writeFileSync(place("a"), "one");
  const cache = cacheOf();
  cache.read("a");
  rmSync(folder, { recursive: true });
  expect(codeOf(() => cache.read("a"))).toBe("file_missing");
  mkdirSync(folder);
  writeFileSync(place("a"), "two");
  expect(Buffer.from(cache.read("a")).toString()).toBe("two");
  expect(codeOf(() => new FileCache({ folder: join(folder, "no"), clock: later, bytesMax: 1 }))).toBe("option_invalid");
  expect(codeOf(() => cacheOf({ bytesMax: Number.POSITIVE_INFINITY }))).toBe("option_invalid");
});

const isRoot = process.getuid?.() === 0;
const FORBIDDEN = "a file that may not be read is said to be so";
test.skipIf(isRoot)(isRoot ? `skipped: ${FORBIDDEN} (root may read all)` : FORBIDDEN, () => {
  writeFileSync(place("a"), "one");
  chmodSync(place("a"), 0);
  expect(() => cacheOf().read("a")).toThrow("may not be read by this user");
});

test("whatever is done to files, an answer is what a fresh read gives", () => {
  const names = ["a", "b", "c"];
  const step = fc.record({
    file: fc.constantFrom(...names),
    to: fc.constantFrom(...names),
    how: fc.constantFrom("write", "same size", "forge", "append", "truncate", "rename", "swap", "link", "symlink", "remove"),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      for (const name of names) rmSync(place(name), { force: true });
      for (const name of names) writeFileSync(place(name), `first ${name}`);
      const cache = cacheOf({ clock: systemClock, bytesMax: 700 });
      for (const [number, { file, to, how }] of steps.entries()) {
        try {
          const stats = statSync(place(file), { throwIfNoEntry: false });
          if (how === "write") writeFileSync(place(file), `step ${number} ${"x".repeat(number)}`);
          if (how === "same size" || how === "forge") writeFileSync(place(file), `same ${number % 10}`);
          if (how === "forge" && stats) utimesSync(place(file), stats.atime, stats.mtime);
          if (how === "append") appendFileSync(place(file), "!");
          if (how === "truncate" && stats) truncateSync(place(file), 2);
          if (how === "rename" && stats && file !== to) renameSync(place(file), place(to));
          if (how === "swap") {
            writeFileSync(place("new"), `swap ${number % 10}`);
            renameSync(place("new"), place(file));
          }
          if ((how === "link" || how === "symlink") && stats && file !== to) {
            rmSync(place(to), { force: true });
            if (how === "link") linkSync(realpathSync(place(file)), place(to));
            else symlinkSync(file, place(to));
          }
          if (how === "remove") rmSync(place(file), { force: true });
        } catch {
          // Links in a circle cannot be written through.
        }
        for (const name of names) expect(answerOf(() => cache.read(name))).toBe(answerOf(() => readFileSync(place(name))));
      }
    }),
    { numRuns: 60 },
  );
});

function answerOf(read: () => Uint8Array): string {
  try {
    return Buffer.from(read()).toString();
  } catch {
    return "no answer";
  }
}

test("text is told with its encoding, its lines and what is invalid in it; binary is none", () => {
  const bytes = Buffer.from("one\r\ntwo\nthree");
  expect(textOf(bytes)).toEqual({ text: "one\r\ntwo\nthree", encoding: "utf-8", hasInvalid: false, lines: 3 });
  expect(textOf(bytes, 1, 1)?.text).toBe("one\r\n");
  expect(textOf(bytes, 2, 3)?.text).toBe("two\nthree");
  expect(textOf(bytes, 4)?.text).toBe("");
  expect(textOf(bytes, 3, 2)?.text).toBe("");
  expect(textOf(Buffer.from(""))).toMatchObject({ text: "", lines: 0 });
  expect(textOf(Buffer.from("\n"))).toMatchObject({ text: "\n", lines: 1 });
  expect(textOf(Buffer.from("\ufeffone"))).toMatchObject({ text: "one", encoding: "utf-8" });
  expect(textOf(Buffer.from("\ufeffüne\n", "utf16le"))).toMatchObject({ text: "üne\n", encoding: "utf-16le", lines: 1 });
  expect(textOf(Buffer.from("\ufeffüne", "utf16le").swap16())).toMatchObject({ text: "üne", encoding: "utf-16be" });
  expect(textOf(Buffer.from([0x61, 0xff, 0x62]))).toMatchObject({ text: "a\ufffdb", hasInvalid: true });
  expect(textOf(Buffer.from("a\ufffdb"))).toMatchObject({ hasInvalid: false });
  expect(textOf(Buffer.from("a\0b"))).toBeUndefined();
});

test("lines of a text, asked one by one, are the text", () => {
  const text = fc.array(fc.constantFrom("a", "ü", "\n", "\r\n", "\r"), { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (whole) => {
      const bytes = Buffer.from(whole);
      const lines = textOf(bytes)?.lines ?? 0;
      const each = Array.from({ length: lines }, (_, index) => textOf(bytes, index + 1, index + 1)?.text ?? "");
      expect(each.join("")).toBe(whole);
      expect(each.every((line) => /^[^\n]*\n?$/.test(line) && line !== "")).toBe(true);
    }),
  );
});
