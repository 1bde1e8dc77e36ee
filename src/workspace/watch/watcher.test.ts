import { afterEach, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/index.ts";
import { FileList } from "../list/file-list.ts";
import { testOnLinux, WatchedScene } from "./testing.ts";
import { Watcher, type WatcherOptions } from "./watcher.ts";

const hasGit = Bun.which("git") !== null;
const opened: WatchedScene[] = [];

afterEach(async () => {
  for (const scene of opened.splice(0)) await scene.close();
});

async function watched(fill?: (scene: WatchedScene) => void, options?: Partial<WatcherOptions>): Promise<WatchedScene> {
  const scene = await WatchedScene.started(fill, options);
  opened.push(scene);
  return scene;
}

const withGit = (name: string, run: () => Promise<void>) =>
  hasGit ? testOnLinux(name, run) : test.skip(`skipped: ${name} (git is not on this machine)`, run);

const freshList = ({ root }: WatchedScene) => new FileList({ folder: root, clock: systemClock }).paths();

testOnLinux("files that are made, changed, renamed and removed are told, and nothing else", async () => {
  const scene = await watched((made) => {
    made.write("one");
    made.write("src/two");
    made.write("src/deep/three");
    made.write("still");
  });
  expect(await scene.settled()).toEqual([]);
  scene.write("src/new");
  expect(await scene.settled()).toEqual(["src/new"]);
  appendFileSync(scene.at("src/deep/three"), "more");
  expect(await scene.settled()).toEqual(["src/deep/three"]);
  renameSync(scene.at("one"), scene.at("src/deep/one"));
  expect(await scene.settled()).toEqual(["one", "src/deep/one"]);
  unlinkSync(scene.at("src/two"));
  expect(await scene.settled()).toEqual(["src/two"]);
  chmodSync(scene.at("still"), 0o700);
  expect(await scene.settled()).toEqual(["still"]);
  symlinkSync("still", scene.at("link"));
  expect(await scene.settled()).toEqual(["link"]);
  expect(scene.watcher.stats()).toMatchObject({ mode: "inotify", watches: 3, starts: 1, overflows: 0, lost: undefined });
});

testOnLinux("a file that is written to is told while it is still open", async () => {
  const scene = await watched((made) => made.write("open"));
  const file = openSync(scene.at("open"), "a");
  try {
    writeSync(file, "more");
    expect(await scene.settled()).toEqual(["open"]);
  } finally {
    closeSync(file);
  }
});

testOnLinux("a tree that is filled as soon as it is made is told and watched to its last folder", async () => {
  const scene = await watched();
  for (const folder of ["a", "a/b", "a/b/c", "a/b/c/d"]) {
    scene.write(`${folder}/file`);
    scene.write(`${folder}/other`);
  }
  expect(await scene.settled()).toContain("a");
  expect(scene.list.paths()).toEqual(freshList(scene));
  expect(scene.watcher.stats().watches).toBe(5);
  scene.write("a/b/c/d/file", "changed");
  expect(await scene.settled()).toEqual(["a/b/c/d/file"]);
});

testOnLinux("while lists name more folders, it is not ready", async () => {
  const all = ["", "src", "src/late", "src/late/later"];
  let known = 2;
  const scene = await watched((made) => made.write("src/late/later/file"), {
    folders: () => {
      const folders = all.slice(0, known);
      known = Math.min(known + 1, all.length);
      return folders;
    },
  });
  expect(scene.watcher.stats().watches).toBe(4);
});

testOnLinux("a folder that moves is told under both names, and what happens in it then under the new one", async () => {
  const scene = await watched((made) => made.write("old/deep/file"));
  renameSync(scene.at("old"), scene.at("new"));
  scene.write("new/deep/file", "changed at once");
  expect(await scene.settled()).toEqual(expect.arrayContaining(["old", "new", "new/deep"]));
  scene.write("new/deep/file", "changed again");
  expect(await scene.settled()).toEqual(["new/deep/file"]);
  expect(scene.list.paths()).toEqual(["new/deep/file"]);
});

testOnLinux("a folder that leaves the root is let go, and watched again when it comes back, changed or not", async () => {
  const scene = await watched((made) => made.write("here/deep/file"));
  const outside = join(scene.around, "outside");
  renameSync(scene.at("here"), outside);
  expect(await scene.settled()).toContain("here");
  expect(scene.watcher.stats().watches).toBe(1);
  writeFileSync(join(outside, "deep/file"), "changed out there");
  writeFileSync(join(outside, "deep/other"), "made out there");
  expect(await scene.settled()).toEqual([]);
  renameSync(outside, scene.at("here"));
  expect(await scene.settled()).toContain("here");
  expect(scene.list.paths()).toEqual(["here/deep/file", "here/deep/other"]);
  scene.write("here/deep/other", "changed in here");
  expect(await scene.settled()).toEqual(["here/deep/other"]);
});

testOnLinux("two folders that change places are each told under the name they have now", async () => {
  const scene = await watched((made) => {
    made.write("one/deep/file");
    made.write("two/deep/file");
  });
  renameSync(scene.at("one"), scene.at("between"));
  renameSync(scene.at("two"), scene.at("one"));
  renameSync(scene.at("between"), scene.at("two"));
  expect(await scene.settled()).toEqual(expect.arrayContaining(["one", "two", "one/deep", "two/deep"]));
  scene.write("one/deep/file", "changed");
  expect(await scene.settled()).toEqual(["one/deep/file"]);
  scene.write("two/deep/file", "changed");
  expect(await scene.settled()).toEqual(["two/deep/file"]);
});

testOnLinux("a folder that somebody is in when it is removed and made anew is watched as the new one", async () => {
  const scene = await watched((made) => made.write("busy/file"));
  const inside = openSync(scene.at("busy"), "r");
  try {
    rmSync(scene.at("busy"), { recursive: true });
    scene.write("busy/other");
    expect(await scene.settled()).toContain("busy");
    scene.write("busy/other", "changed");
    expect(await scene.settled()).toEqual(["busy/other"]);
  } finally {
    closeSync(inside);
  }
});

testOnLinux("a folder becomes a file, a link, and a folder again", async () => {
  const scene = await watched((made) => made.write("thing/file"));
  const thing = scene.at("thing");
  rmSync(thing, { recursive: true });
  writeFileSync(thing, "a file");
  expect(await scene.settled()).toContain("thing");
  unlinkSync(thing);
  symlinkSync(scene.around, thing);
  expect(await scene.settled()).toEqual(["thing"]);
  unlinkSync(thing);
  mkdirSync(thing);
  rmdirSync(thing);
  scene.write("thing/file");
  await scene.settled();
  scene.write("thing/file", "changed");
  expect(await scene.settled()).toEqual(["thing/file"]);
});

testOnLinux("what is ignored is not watched, until it no longer is", async () => {
  const scene = await watched((made) => {
    made.write(".gitignore", "out/\n");
    made.write("out/deep/file");
  });
  expect(scene.watcher.stats().watches).toBe(1);
  scene.write("out/deep/file", "changed");
  expect(await scene.settled()).toEqual([]);
  scene.write(".gitignore", "");
  expect(await scene.settled()).toEqual([".gitignore", "out", "out/deep"]);
  scene.write("out/deep/file", "changed again");
  expect(await scene.settled()).toEqual(["out/deep/file"]);
  scene.write(".gitignore", "out/\n");
  expect(await scene.settled()).toEqual([".gitignore"]);
  expect(scene.watcher.stats().watches).toBe(1);
});

testOnLinux("names of all kinds are told as they are; one that is not UTF-8 with a mark in its place", async () => {
  const scene = await watched((made) => made.write("a b/file"));
  const names = ["\u00e9", "\u{1f600}", "new\nline", "back\\slash", "*", "-", "x".repeat(255)];
  for (const name of names) scene.write(`a b/${name}`);
  const told = await scene.settled();
  expect(told).toEqual(names.map((name) => `a b/${name}`));
  writeFileSync(Buffer.concat([Buffer.from(scene.at("a b/")), Buffer.from([0xff])]), "");
  expect(await scene.settled()).toEqual(["a b/\ufffd"]);
});

withGit("HEAD, index, branches and configuration are told of, in a checkout and in a worktree of it", async () => {
  const scene = await watched((made) => {
    made.git("init", "-q", "-b", "main");
    made.write("file");
    made.git("add", "-A");
    made.git("commit", "-qm", "One");
    made.git("worktree", "add", "-q", join(made.around, "worktree"), "-b", "beside");
  });
  const worktree = new WatchedScene({ root: join(scene.around, "worktree") });
  opened.push(worktree);
  await worktree.watcher.start();
  const isTold = async (...args: readonly string[]) => {
    scene.git(...args);
    const told = [];
    for (const [name, each] of [["checkout", scene] as const, ["worktree", worktree] as const]) {
      await each.watcher.settled();
      if (each.log.includes("repository")) told.push(name);
      each.forget();
    }
    return told;
  };
  const both = ["checkout", "worktree"];
  expect(await isTold("log", "--oneline")).toEqual([]);
  expect(await isTold("branch", "deep/down/here")).toEqual(both);
  expect(await isTold("branch", "deep/down/there")).toEqual(both);
  expect(await isTold("commit", "-q", "--allow-empty", "-m", "Two")).toEqual(both);
  expect(await isTold("symbolic-ref", "HEAD", "refs/heads/deep/down/there")).toEqual(both);
  expect(await isTold("config", "core.ignorecase", "false")).toEqual(both);
  expect(await isTold("pack-refs", "--all")).toEqual(both);
  expect(await isTold("-C", join(scene.around, "worktree"), "rm", "-q", "--cached", "file")).toEqual(["worktree"]);
});

withGit("after a switch of branches the list is git's, and each file that differs was told", async () => {
  const scene = await watched((made) => {
    made.git("init", "-q", "-b", "main");
    for (const name of ["a", "b/one", "b/two", "c/d/e"]) made.write(name);
    made.git("add", "-A");
    made.git("commit", "-qm", "One");
    made.git("switch", "-qc", "other");
    made.git("rm", "-qr", "b");
    made.write("c/d/e", "changed");
    made.write("f/g/h");
    made.git("add", "-A");
    made.git("commit", "-qm", "Two");
  });
  scene.git("switch", "-q", "main");
  expect(await scene.settled()).toEqual(expect.arrayContaining(["b", "c/d/e", "f"]));
  expect(scene.list.paths()).toEqual(["a", "b/one", "b/two", "c/d/e"]);
});

testOnLinux("a repository that appears in the root begins all anew", async () => {
  const scene = await watched((made) => made.write("file"));
  mkdirSync(scene.at(".git"));
  await scene.watcher.settled();
  expect(scene.log).toEqual(["lost: error"]);
  await scene.clock.advance(100);
  await scene.until("ready");
});

testOnLinux("who gives up waiting hears so, and harms nobody", async () => {
  const scene = await watched((made) => made.write("file"));
  const reason = new Error("left");
  await expect(scene.watcher.settled(AbortSignal.abort(reason))).rejects.toBe(reason);
  const left = new AbortController();
  const settling = scene.watcher.settled(left.signal);
  left.abort(reason);
  await expect(settling).rejects.toBe(reason);
  scene.write("file", "changed");
  expect(await scene.settled()).toEqual(["file"]);
});

testOnLinux("many may wait at once, and each hears of all that happened before it asked", async () => {
  const scene = await watched();
  const all = Array.from({ length: 50 }, async (_, index) => {
    scene.write(`folder-${index}/file`);
    await scene.watcher.settled();
    return scene.told.has(`folder-${index}`);
  });
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  expect(scene.clock.pendingCount).toBe(0);
});

test("limits must be limits", () => {
  for (const name of ["foldersMax", "pathsMax", "settleMsMax", "startMsMax"]) {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const on = { changed: () => {}, lost: () => {}, ready: () => {} };
      const make = () => new Watcher({ folder: "/", clock: systemClock, folders: () => [""], on, [name]: value });
      expect(make).toThrow(`${name} must be a whole number above 0.`);
    }
  }
});
