import { afterEach, expect } from "bun:test";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/index.ts";
import { ScratchRepository, testWithGit } from "../git/testing.ts";
import { blobOf } from "../state/contents.ts";
import { FileList } from "./file-list.ts";
import { takeStamp } from "./stamp.ts";

const made: ScratchRepository[] = [];

afterEach(() => {
  for (const repository of made.splice(0)) repository.remove();
});

/** A repository whose files are older than its index, and who asks what the index says of one. */
function committed(files: Readonly<Record<string, string>>) {
  const repository = ScratchRepository.create();
  made.push(repository);
  for (const [path, text] of Object.entries(files)) {
    repository.write(path, text);
    utimesSync(join(repository.folder, path), 1_600_000_000, 1_600_000_000);
  }
  repository.commit();
  const list = new FileList({ folder: repository.folder, clock: systemClock, home: repository.folder });
  const said = (path: string) => {
    list.paths();
    const stamp = takeStamp(join(repository.folder, path));
    return stamp && list.indexed()?.blobOf(path, stamp);
  };
  return { repository, said, id: (text: string) => blobOf(Buffer.from(text)) };
}

testWithGit("what git saw and nobody touched is known; what changed, is new or was removed is not", () => {
  const { repository, said, id } = committed({ "a.ts": "one\n", "deep/b.ts": "two\n" });
  expect([said("a.ts"), said("deep/b.ts")]).toEqual([id("one\n"), id("two\n")]);
  const { atime, mtime } = statSync(join(repository.folder, "a.ts"));
  repository.write("a.ts", "six\n");
  utimesSync(join(repository.folder, "a.ts"), atime, mtime);
  repository.write("c.ts", "three\n");
  expect([said("a.ts"), said("deep/b.ts"), said("c.ts"), said("gone.ts")]).toEqual([
    undefined,
    id("two\n"),
    undefined,
    undefined,
  ]);
});

testWithGit("a file as young as the index is not believed", () => {
  const { repository, said } = committed({ "a.ts": "one\n" });
  const index = statSync(join(repository.folder, ".git/index"));
  utimesSync(join(repository.folder, "a.ts"), index.atime, new Date(index.mtimeMs + 10_000));
  repository.git("add", "a.ts");
  expect(said("a.ts")).toBeUndefined();
});

testWithGit("nothing is believed where contents may be converted, by attributes anywhere or by settings", () => {
  for (const [path, text] of [
    [".gitattributes", "* text=auto\n"],
    ["deep/.gitattributes", "*.ts filter=lfs -text\n"],
    [".git/info/attributes", "a.ts eol=crlf\n"],
    [".config/git/attributes", "*.ts ident\n"],
  ] as const) {
    const { repository, said, id } = committed({ "a.ts": "one\n" });
    expect(said("a.ts")).toBe(id("one\n"));
    repository.write(path, text);
    expect(said("a.ts")).toBeUndefined();
    repository.write(path, "# text=auto\n*.ts linguist-generated context=5\n");
    expect(said("a.ts")).toBe(id("one\n"));
  }
  const { repository, said, id } = committed({ "a.ts": "one\n" });
  repository.git("config", "core.autocrlf", "input");
  expect(said("a.ts")).toBeUndefined();
  repository.git("config", "core.autocrlf", "false");
  expect(said("a.ts")).toBe(id("one\n"));
});

testWithGit("links, submodules and unfinished merges are not believed", () => {
  const { repository, said } = committed({ "a.ts": "one\n" });
  repository.git("checkout", "-q", "-b", "other");
  repository.write("a.ts", "two\n");
  repository.commit();
  repository.git("checkout", "-q", "main");
  repository.write("a.ts", "three\n");
  repository.commit();
  expect(() => repository.git("merge", "other")).toThrow();
  expect(readFileSync(join(repository.folder, "a.ts"), "utf8")).toContain("<<<<<<<");
  expect(said("a.ts")).toBeUndefined();
});
