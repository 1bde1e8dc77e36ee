import { expect } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../../base/index.ts";
import { FileList } from "../list/file-list.ts";
import { isCovered, testOnLinux, WatchedScene } from "./testing.ts";

const RUNS = 60;
const NAMES = ["a", "b", "c", "out"];
const RULES = ["", "out/\n", "out/\n!out\nb/c\n", "*\n!*/\n!.gitignore\n!a\n"];

const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), path, content: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("make folder" as const), path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), path }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("rename" as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move out" as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move in" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("write outside" as const), content: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mode" as const), path, isExecutable: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rules" as const), rules: fc.constantFrom(...RULES) }) },
  // Whoever watches may follow, or not yet.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("ask" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function change(scene: WatchedScene, does: Step): void {
  const outside = join(scene.around, "outside");
  if (does.kind === "write") scene.write(does.path, `${does.content}`);
  else if (does.kind === "make folder") mkdirSync(scene.at(does.path), { recursive: true });
  else if (does.kind === "remove") rmSync(scene.at(does.path), { recursive: true });
  else if (does.kind === "rename") {
    mkdirSync(dirname(scene.at(does.to)), { recursive: true });
    renameSync(scene.at(does.path), scene.at(does.to));
  } else if (does.kind === "move out") {
    rmSync(outside, { recursive: true, force: true });
    renameSync(scene.at(does.path), outside);
  } else if (does.kind === "move in") renameSync(outside, scene.at(does.path));
  else if (does.kind === "write outside") {
    mkdirSync(join(outside, "a", "b"), { recursive: true });
    writeFileSync(join(outside, "a", "b", "c"), `${does.content}`);
  } else if (does.kind === "link") symlinkSync(scene.at(does.to), scene.at(does.path));
  else if (does.kind === "mode") chmodSync(scene.at(does.path), does.isExecutable ? 0o755 : 0o700);
  else if (does.kind === "rules") scene.write(".gitignore", does.rules);
}

/** What cannot be done now is not done: a folder that is in the way, a file that is not there. */
function tryToChange(scene: WatchedScene, does: Step): void {
  try {
    change(scene, does);
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== "string") throw error;
  }
}

/** What is listed, with what it contains, as someone sees it who looks for the first time. */
function look({ root }: WatchedScene): ReadonlyMap<string, string> {
  const seen = new Map<string, string>();
  for (const each of new FileList({ folder: root, clock: systemClock }).paths()) {
    const place = join(root, each);
    const stats = lstatSync(place);
    seen.set(each, stats.isSymbolicLink() ? `to ${readlinkSync(place)}` : `${stats.mode} ${readFileSync(place, "utf8")}`);
  }
  return seen;
}

/** Paths that differ and were not told. */
function untold(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, told: ReadonlySet<string>): string[] {
  const differ = [...new Set([...before.keys(), ...after.keys()])].filter((each) => before.get(each) !== after.get(each));
  return differ.filter((each) => !isCovered(each, told));
}

/** Everything away but the root, and the same few files there as ever. */
async function restart(scene: WatchedScene): Promise<void> {
  for (const name of readdirSync(scene.root)) rmSync(scene.at(name), { recursive: true });
  rmSync(join(scene.around, "outside"), { recursive: true, force: true });
  for (const each of ["a/b/c", "b/a", "out/a/b"]) scene.write(each);
  await scene.settled();
}

async function checkRounds(scene: WatchedScene, rounds: readonly (readonly Step[])[]): Promise<void> {
  await restart(scene);
  let before = look(scene);
  /** As someone has it who looks again only at what was told. */
  const held = new Map(before);
  for (const steps of rounds) {
    scene.forget();
    const asking: Promise<void>[] = [];
    for (const does of steps) {
      if (does.kind === "turn") await new Promise((resolve) => setImmediate(resolve));
      else if (does.kind === "ask") asking.push(scene.watcher.settled());
      else tryToChange(scene, does);
    }
    await scene.watcher.settled();
    expect(scene.log).toEqual([]);
    const after = look(scene);
    // What is listed because of other rules did not change itself.
    if (!scene.told.has(".gitignore")) expect(untold(before, after, scene.told)).toEqual([]);
    for (const each of held.keys()) if (isCovered(each, scene.told)) held.delete(each);
    for (const [each, content] of after) if (!held.has(each)) held.set(each, content);
    expect([...after.keys()].map((each) => held.get(each))).toEqual([...after.values()]);
    expect(scene.list.stats().isTrusted).toBe(true);
    expect(scene.list.paths()).toEqual([...after.keys()]);
    await Promise.all(asking);
    before = after;
  }
}

testOnLinux("whatever happens, each change is told, and the list that relies on it is right", async () => {
  const scene = await WatchedScene.started();
  const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });
  try {
    await fc.assert(
      fc.asyncProperty(rounds, (each) => checkRounds(scene, each)),
      { numRuns: RUNS },
    );
  } finally {
    await scene.close();
  }
});

testOnLinux("while another process changes the tree at full speed, what was told when it ended is all that changed", async () => {
  const scene = await WatchedScene.started((made) => {
    for (let each = 0; each < 40; each++) made.write(`tree/${each % 8}/${each}/file`);
  });
  try {
    const before = look(scene);
    const script = `
      cd "$1" || exit 1
      for round in 1 2 3 4 5 6; do
        mv tree/1 moved; mkdir -p tree/1/new/deep; echo $round > tree/1/new/deep/file; echo $round > moved/1/file
        cp -r moved tree/copy$round; rm -rf tree/2; mkdir -p tree/2/a/b/c; echo $round > tree/2/a/b/c/d
        mv moved tree/1/back$round; mv tree/1/back$round/9 tree/9; mv tree/9 tree/1/back$round/9
        mv tree/3 tree/4/three$round; mv tree/4/three$round tree/3; echo $round >> tree/3/3/file
      done`;
    const busy = Bun.spawn(["sh", "-c", script, "sh", scene.root], { stderr: "ignore" });
    let isBusy = true;
    const ended = busy.exited.finally(() => {
      isBusy = false;
    });
    while (isBusy) await scene.watcher.settled();
    expect(await ended).toBe(0);
    await scene.watcher.settled();
    expect(scene.log).toEqual([]);
    const after = look(scene);
    expect(untold(before, after, scene.told)).toEqual([]);
    expect(scene.list.paths()).toEqual([...after.keys()]);
    // It knows where every folder is now: each of them tells, under its own name.
    scene.forget();
    for (const each of after.keys()) writeFileSync(scene.at(each), "changed");
    expect(new Set(await scene.settled())).toEqual(new Set(after.keys()));
  } finally {
    await scene.close();
  }
});
