import { afterEach, expect, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Clock, systemClock } from "../../base/index.ts";
import { ScratchRepository, testWithGit } from "../git/testing.ts";
import { stampOf, takeStamp } from "../list/stamp.ts";
import { blobOf, Contents, type ReadFile } from "./contents.ts";
import { stateId } from "./state-id.ts";

const made: ScratchRepository[] = [];

afterEach(() => {
  for (const repository of made.splice(0)) repository.remove();
});

function repository(): ScratchRepository {
  const created = ScratchRepository.create();
  made.push(created);
  return created;
}

/** Counts what it reads. */
function readerOf(folder: string) {
  const read: string[] = [];
  const reader: ReadFile = (path) => {
    const stats = lstatSync(join(folder, path), { bigint: true, throwIfNoEntry: false });
    if (!stats?.isFile()) return undefined;
    read.push(path);
    return { bytes: readFileSync(join(folder, path)), stamp: stampOf(stats) };
  };
  return { read, reader };
}

/** The system's, so far ahead that no stamp is young. */
const later: Clock = { ...systemClock, now: () => systemClock.now() + 60_000 };

testWithGit("ids are git's own; what did not change is not read again, and what is forgotten is", async () => {
  const checkout = repository();
  const { folder } = checkout;
  checkout.write("a.ts", "export const a = 1;\r\n");
  checkout.write("b/ü.bin", Buffer.from([0, 255, 10]));
  checkout.write("empty", "");
  const { read, reader } = readerOf(folder);
  const contents = new Contents({ folder, clock: later, read: reader, granularityMs: 20, fileBytesMax: 1e6 });
  const paths = ["a.ts", "b/ü.bin", "empty", "gone"];
  const blobs = await contents.of(paths);
  expect([...blobs.keys()]).toEqual(["a.ts", "b/ü.bin", "empty"]);
  for (const [path, blob] of blobs) expect(blob).toBe(checkout.git("hash-object", "--no-filters", "--", path));
  expect(await contents.of(paths)).toEqual(blobs);
  expect(read.splice(0).length).toBe(3);
  await contents.of(["a.ts"]);
  await contents.of(paths);
  expect(read).toEqual(["b/ü.bin", "empty"]);
});

testWithGit("a young stamp proves nothing: such a file is read until it is old enough", async () => {
  const checkout = repository();
  checkout.write("a", "one");
  const { read, reader } = readerOf(checkout.folder);
  let nowMs = Number(takeStamp(join(checkout.folder, "a"))?.changedNs ?? 0n) / 1e6;
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const contents = new Contents({ folder: checkout.folder, clock, read: reader, granularityMs: 20, fileBytesMax: 1e6 });
  await contents.of(["a"]);
  await contents.of(["a"], { changed: new Set() });
  expect(read.length).toBe(2);
  nowMs += 21;
  await contents.of(["a"]);
  await contents.of(["a"]);
  expect(read.length).toBe(3);
});

testWithGit("who vouches names what may have changed, and only that is looked at", async () => {
  const checkout = repository();
  for (const name of ["a", "b"]) checkout.write(name, name);
  const { read, reader } = readerOf(checkout.folder);
  const contents = new Contents({ folder: checkout.folder, clock: later, read: reader, granularityMs: 20, fileBytesMax: 1e6 });
  const before = await contents.of(["a", "b"]);
  for (const name of ["a", "b"]) checkout.write(name, `${name} changed`);
  const after = await contents.of(["a", "b"], { changed: new Set(["b"]) });
  expect(after.get("a")).toBe(before.get("a") ?? "");
  expect(after.get("b")).toBe(blobOf(Buffer.from("b changed")));
  expect(read).toEqual(["a", "b", "b"]);
});

testWithGit("whatever is done to files, their ids are those of a fresh read", async () => {
  const change = fc.record({
    file: fc.integer({ min: 0, max: 3 }),
    to: fc.integer({ min: 0, max: 3 }),
    how: fc.constantFrom("write", "same size", "forge", "rename", "remove", "link"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      const { folder } = repository();
      const names = ["a", "b", "c", "d"];
      const place = (index: number) => join(folder, names[index] ?? "");
      const write = (index: number, content: string) => {
        try {
          writeFileSync(place(index), content);
        } catch (error) {
          // Links in a circle: there is nothing to write to.
          expect(error).toMatchObject({ code: "ELOOP" });
        }
      };
      for (const index of names.keys()) write(index, `text ${index}`);
      const { reader } = readerOf(folder);
      const contents = new Contents({ folder, clock: systemClock, read: reader, granularityMs: 20, fileBytesMax: 1e6 });
      await contents.of(names);
      for (const [step, { file, to, how }] of changes.entries()) {
        const stats = lstatSync(place(file), { throwIfNoEntry: false });
        if (how === "write") write(file, `step ${step} ${"x".repeat(step)}`);
        if (how === "same size") write(file, `same ${step % 10}`);
        if (how === "forge" && stats) {
          write(file, `forg ${step % 10}`);
          if (existsSync(place(file))) utimesSync(place(file), stats.atime, stats.mtime);
        }
        if (how === "rename" && stats && file !== to) renameSync(place(file), place(to));
        if (how === "remove") rmSync(place(file), { force: true });
        if (how === "link" && !stats && file !== to) {
          rmSync(place(file), { force: true });
          symlinkSync(names[to] ?? "", place(file));
        }
        const fresh = new Contents({ folder, clock: systemClock, read: reader, granularityMs: 20, fileBytesMax: 1e6 });
        expect([...(await contents.of(names))]).toEqual([...(await fresh.of(names))]);
      }
    }),
    { numRuns: 40 },
  );
});

test("equal contents have equal states, and nothing else has", () => {
  const one = new Map([
    ["a", "1".repeat(40)],
    ["b", "2".repeat(40)],
  ]);
  expect(stateId(new Map(one))).toBe(stateId(one));
  for (const other of [
    new Map([["a", "1".repeat(40)]]),
    new Map([
      ["a", "2".repeat(40)],
      ["b", "1".repeat(40)],
    ]),
    new Map(),
  ]) {
    expect(stateId(other)).not.toBe(stateId(one));
  }
});
