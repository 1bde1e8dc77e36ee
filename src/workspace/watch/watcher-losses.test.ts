import { afterEach, expect, test } from "bun:test";
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnLinux, WatchedScene } from "./testing.ts";
import type { WatcherOptions } from "./watcher.ts";

const LONG_MS = 1_000_000;
const opened: WatchedScene[] = [];

afterEach(async () => {
  for (const scene of opened.splice(0)) await scene.close();
});

async function watched(fill?: (scene: WatchedScene) => void, options?: Partial<WatcherOptions>): Promise<WatchedScene> {
  const scene = await WatchedScene.started(fill, options);
  opened.push(scene);
  return scene;
}

function unstarted(options: ConstructorParameters<typeof WatchedScene>[0]): WatchedScene {
  const scene = new WatchedScene(options);
  opened.push(scene);
  return scene;
}

/** It tells of changes, and the list is trusted and right. */
async function expectWatching(scene: WatchedScene): Promise<void> {
  scene.forget();
  scene.write("proof", `${scene.watcher.stats().starts}`);
  expect(await scene.settled()).toEqual(["proof"]);
  expect(scene.list.paths()).toContain("proof");
  expect(scene.list.stats().isTrusted).toBe(true);
}

testOnLinux("more changes than may be kept are a loss, and soon it is ready again", async () => {
  const scene = await watched(undefined, { pathsMax: 50 });
  for (let each = 0; each < 500; each++) scene.write(`file-${each}`);
  await scene.watcher.settled();
  expect(scene.log).toEqual(["lost: overflow"]);
  expect(scene.watcher.stats()).toMatchObject({ mode: "polling", overflows: 1, lost: "overflow", watches: 0 });
  expect(scene.list.paths()).toHaveLength(500);
  await scene.clock.advance(99);
  expect(scene.watcher.stats().starts).toBe(1);
  await scene.clock.advance(1);
  await scene.until("ready");
  expect(scene.watcher.stats()).toMatchObject({ mode: "inotify", starts: 2, lost: undefined });
  await expectWatching(scene);
});

testOnLinux("a root that is removed is a loss; it is tried again, later each time, until it is back", async () => {
  const scene = await watched((made) => made.write("file"));
  rmSync(scene.root, { recursive: true });
  await scene.watcher.settled();
  expect(scene.log).toEqual(["lost: error"]);
  for (const waitMs of [100, 200, 400]) {
    const { starts } = scene.watcher.stats();
    scene.forget();
    await scene.clock.advance(waitMs - 1);
    expect(scene.watcher.stats().starts).toBe(starts);
    await scene.clock.advance(1);
    await scene.until("lost: error");
    expect(scene.watcher.stats().starts).toBe(starts + 1);
  }
  scene.write("file");
  await scene.clock.advance(800);
  await scene.until("ready");
  await expectWatching(scene);
});

testOnLinux("a root is another one although somebody is still in the first: that is noticed", async () => {
  const scene = await watched((made) => made.write("file"));
  const inside = openSync(scene.root, "r");
  try {
    rmSync(scene.root, { recursive: true });
    scene.write("other");
    await scene.watcher.settled();
    expect(scene.log).toEqual(["lost: error"]);
    await scene.clock.advance(100);
    await scene.until("ready");
    expect(scene.list.paths()).toEqual(["other"]);
    await expectWatching(scene);
  } finally {
    closeSync(inside);
  }
});

testOnLinux("a root that moves, or whose folder moves, is a loss", async () => {
  const root = await watched((made) => made.write("file"));
  renameSync(root.root, `${root.root}-moved`);
  await root.watcher.settled();
  expect(root.log).toEqual(["lost: error"]);

  const around = mkdtempSync(join(tmpdir(), "millrace-watch-"));
  const inner = join(around, "folder", "root");
  mkdirSync(inner, { recursive: true });
  const below = unstarted({ root: inner });
  await below.watcher.start();
  below.forget();
  renameSync(join(around, "folder"), join(around, "moved"));
  mkdirSync(inner, { recursive: true });
  await below.watcher.settled();
  expect(below.log).toEqual(["lost: error"]);
  rmSync(around, { recursive: true });
});

testOnLinux("a thread that is killed is a loss, and another takes its place", async () => {
  const scene = await watched((made) => made.write("src/file"));
  for (const waitMs of [100, 200]) {
    scene.forget();
    scene.workers.at(-1)?.terminate();
    await scene.until("lost: error");
    scene.write("src/file", "changed meanwhile");
    expect(scene.watcher.stats()).toMatchObject({ mode: "polling", watches: 0 });
    await scene.clock.advance(waitMs);
    await scene.until("ready");
    await expectWatching(scene);
  }
  expect(scene.workers).toHaveLength(3);
});

testOnLinux("a thread that is killed while someone waits for it keeps nobody waiting", async () => {
  const scene = await watched((made) => made.write("file"));
  scene.write("file", "changed");
  scene.workers.at(-1)?.terminate();
  await scene.watcher.settled();
  expect(scene.told.has("file") || scene.log.includes("lost: error")).toBe(true);
});

testOnLinux("a thread that cannot begin is a loss", async () => {
  const missing = new URL("./no-such-worker.ts", import.meta.url);
  const scene = unstarted({ startWorker: () => new Worker(missing) });
  await scene.watcher.start();
  expect(scene.log).toEqual(["lost: error"]);
});

testOnLinux("a thread that does not answer in time is a loss", async () => {
  const silent = new URL("data:text/javascript,self.onmessage = () => {}");
  const scene = unstarted({ startWorker: () => new Worker(silent), startMsMax: 700 });
  const starting = scene.watcher.start();
  await scene.clock.advance(699);
  expect(scene.log).toEqual([]);
  await scene.clock.advance(1);
  await starting;
  expect(scene.log).toEqual(["lost: error"]);
});

testOnLinux("a list that does not come in time is a loss, and nobody waits for it any longer", async () => {
  const never = new Promise<string[]>(() => {});
  let isHanging = false;
  const scene = await watched(undefined, { folders: () => (isHanging ? never : [""]), settleMsMax: 300 });
  isHanging = true;
  const settling = scene.watcher.settled();
  await scene.clock.advance(299);
  expect(scene.log).toEqual([]);
  await scene.clock.advance(1);
  await settling;
  expect(scene.log).toEqual(["lost: error"]);
});

testOnLinux("a list that fails is a loss", async () => {
  let isFailing = false;
  const folders = () => {
    if (isFailing) throw new Error("too large");
    return [""];
  };
  const scene = await watched(undefined, { folders });
  isFailing = true;
  await scene.watcher.settled();
  expect(scene.log).toEqual(["lost: error"]);
});

testOnLinux(
  "more folders than are allowed are a limit: what is held is checked, and it is tried again after half a minute",
  async () => {
    const scene = unstarted({ foldersMax: 3 });
    for (const folder of ["a", "b", "c"]) scene.write(`${folder}/file`);
    await scene.watcher.start();
    expect(scene.log).toEqual(["lost: limit"]);
    expect(scene.watcher.stats()).toMatchObject({ mode: "polling", lost: "limit", overflows: 0 });
    scene.write("d/file");
    await scene.watcher.settled();
    expect(scene.list.paths()).toEqual(["a/file", "b/file", "c/file", "d/file"]);
    for (const folder of ["a", "d"]) rmSync(scene.at(folder), { recursive: true });
    await scene.clock.advance(29_999);
    expect(scene.watcher.stats().starts).toBe(1);
    await scene.clock.advance(1);
    await scene.until("ready");
    await expectWatching(scene);
  },
);

testOnLinux("a file system that does not tell of all changes is not watched, nor tried again", async () => {
  const scene = unstarted({ root: "/proc/sys/fs/inotify" });
  await scene.watcher.start();
  expect(scene.log).toEqual(["lost: unsupported"]);
  expect(scene.watcher.stats()).toMatchObject({ mode: "polling", lost: "unsupported" });
  await scene.watcher.stop();
  expect(scene.clock.pendingCount).toBe(0);
});

test("where there is no inotify nothing is watched, nothing fails, and nothing is tried again", async () => {
  const before = Object.getOwnPropertyDescriptor(process, "platform");
  const scene = unstarted({});
  scene.write("file");
  Object.defineProperty(process, "platform", { ...before, value: "plan9" });
  try {
    await scene.watcher.start();
  } finally {
    if (before) Object.defineProperty(process, "platform", before);
  }
  expect(scene.log).toEqual(["lost: unsupported"]);
  expect(scene.watcher.stats()).toMatchObject({ mode: "polling", lost: "unsupported", starts: 1 });
  expect(scene.clock.pendingCount).toBe(0);
  expect(scene.workers).toEqual([]);
  await scene.watcher.settled();
  expect(scene.list.paths()).toEqual(["file"]);
});

testOnLinux("it can be stopped at any moment: before, while it starts, while someone waits, after a loss, twice", async () => {
  const before = unstarted({});
  await before.watcher.stop();
  await before.watcher.start();
  expect(before.watcher.stats()).toMatchObject({ mode: "polling", starts: 0 });

  const starting = unstarted({});
  const started = starting.watcher.start();
  await Promise.all([starting.watcher.stop(), started]);
  expect(starting.log).toEqual([]);
  await expect(starting.watcher.start()).resolves.toBeUndefined();

  const waiting = await watched((made) => made.write("file"));
  const settling = waiting.watcher.settled();
  await Promise.all([waiting.watcher.stop(), waiting.watcher.stop(), settling]);
  waiting.write("file", "changed");
  await waiting.watcher.settled();
  expect([...waiting.told, ...waiting.log]).toEqual([]);

  const lost = await watched();
  lost.workers.at(-1)?.terminate();
  await lost.until("lost: error");
  await lost.watcher.stop();
  await lost.clock.advance(LONG_MS);
  for (const { watcher, clock } of [starting, waiting, lost]) {
    expect(watcher.stats()).toMatchObject({ mode: "polling", watches: 0, starts: 1 });
    expect(clock.pendingCount).toBe(0);
  }
});

testOnLinux("who gives up its start stops it", async () => {
  const scene = unstarted({});
  const left = new AbortController();
  const reason = new Error("left");
  const starting = scene.watcher.start(left.signal);
  left.abort(reason);
  await expect(starting).rejects.toBe(reason);
  expect(scene.log).toEqual([]);
  expect(scene.clock.pendingCount).toBe(0);
});
