import { afterEach, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeInotify, Inotify, type InotifyFiles, openInotify } from "./inotify.ts";
import { testOnLinux } from "./testing.ts";
import { splitPaths } from "./watch-messages.ts";
import { WatchedFolders } from "./watched-folders.ts";

/** Lets something happen right before a folder is watched. */
class InotifyWithRaces extends Inotify {
  before: ((path: string) => void) | undefined;

  override add(path: string, bits: number): ReturnType<Inotify["add"]> {
    this.before?.(path);
    return super.add(path, bits);
  }
}

interface Watched {
  readonly root: string;
  readonly files: InotifyFiles;
  readonly inotify: InotifyWithRaces;
  readonly folders: WatchedFolders;
}

const opened: Watched[] = [];

afterEach(() => {
  for (const { files, root } of opened.splice(0)) {
    closeInotify(files);
    rmSync(root, { recursive: true });
  }
});

function watch(...made: readonly string[]): Watched {
  const root = mkdtempSync(join(tmpdir(), "millrace-watch-"));
  const files = openInotify();
  if (typeof files === "string") throw new Error(files);
  for (const folder of made) mkdirSync(join(root, folder), { recursive: true });
  const inotify = new InotifyWithRaces(files);
  const folders = new WatchedFolders(inotify, { root, repository: undefined, foldersMax: 10, pathsMax: 10 });
  const watched = { root, files, inotify, folders };
  opened.push(watched);
  return watched;
}

function told({ folders }: Watched): readonly string[] {
  folders.drain();
  return [...splitPaths(folders.takeBatch()?.paths ?? "")].sort();
}

const watchesOfKernel = ({ files }: Watched) =>
  readFileSync(`/proc/self/fdinfo/${files.queue}`, "utf8").match(/^inotify wd/gm)?.length ?? 0;

testOnLinux("events that the kernel drops are a loss", () => {
  const watched = watch();
  const { folders, root } = watched;
  expect(folders.sync([""])).toEqual([""]);
  const kept = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));
  const rename = (events: number) => {
    for (let each = 0; each < events; each += 4) {
      renameSync(join(root, "a"), join(root, "b"));
      renameSync(join(root, "b"), join(root, "a"));
    }
  };
  writeFileSync(join(root, "a"), "");
  rename(kept - 8);
  expect(told(watched)).toEqual(["a", "b"]);
  expect(folders.lost).toBeUndefined();
  rename(kept + 4);
  folders.drain();
  expect(folders.lost).toBe("overflow");
});

testOnLinux("a folder that is let go holds no watch", () => {
  const watched = watch("a/b", "c");
  const { folders, root } = watched;
  expect(folders.sync(["", "a", "a/b", "c"])).toEqual(["", "a", "a/b", "c"]);
  expect([folders.watches, watchesOfKernel(watched)]).toEqual([4, 4]);
  renameSync(join(root, "a"), join(root, "d"));
  expect(told(watched)).toEqual(["a", "d"]);
  expect([folders.watches, watchesOfKernel(watched)]).toEqual([2, 2]);
  expect(folders.sync(["", "d", "d/b"])).toEqual(["d", "d/b"]);
  expect([folders.watches, watchesOfKernel(watched)]).toEqual([3, 3]);
});

testOnLinux("a folder that moves right before its new path is watched is watched there in the end, and nowhere else", () => {
  const watched = watch("a/b");
  const { folders, inotify, root } = watched;
  folders.sync(["", "a", "a/b"]);
  inotify.before = (path) => {
    inotify.before = undefined;
    renameSync(join(root, "a"), path);
  };
  expect(folders.sync(["", "a", "a/b", "c"])).toEqual(["c"]);
  folders.drain();
  const batch = folders.takeBatch();
  expect(batch).toMatchObject({ isDoubtful: true });
  expect([...splitPaths(batch?.paths ?? "")].sort()).toEqual(["a", "c"]);
  expect(folders.sync(["", "c", "c/b"])).toEqual(["c", "c/b"]);
  writeFileSync(join(root, "c", "b", "file"), "");
  expect(told(watched)).toEqual(["c/b/file"]);
  expect(watchesOfKernel(watched)).toBe(3);
  expect(folders.lost).toBeUndefined();
});

testOnLinux("a folder that is gone right before it is watched is passed over", () => {
  const { folders, inotify, root } = watch("a");
  inotify.before = (path) => {
    if (path.endsWith("a")) rmSync(join(root, "a"), { recursive: true });
  };
  expect(folders.sync(["", "a"])).toEqual([""]);
  expect(folders.lost).toBeUndefined();
});
