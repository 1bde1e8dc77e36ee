import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** In namespaces of its own, where the kernel's limits can be set and folders mounted, and nobody else sees it. */
const within = (prepare: string, ...command: readonly string[]) => {
  const script = `${prepare} && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", ...command];
};
const limit = (name: string, value: number) => `echo ${value} > /proc/sys/user/${name}`;

const probe = within(`${limit("max_inotify_watches", 100)} && mount -t tmpfs none /tmp`, "true");
const isAllowed = Bun.which("unshare") !== null && Bun.spawnSync(probe, { stderr: "ignore" }).exitCode === 0;

/** For a test that needs such namespaces. */
const testWithin = (name: string, run: () => void) =>
  test.skipIf(!isAllowed)(isAllowed ? name : `skipped: ${name} (namespaces cannot be made here)`, run);

const SCRIPT = `
  const { Watcher } = await import(process.argv[1]);
  const { VirtualClock } = await import(process.argv[2]);
  const folder = process.argv[3];
  const said = [];
  const watcher = new Watcher({
    folder,
    clock: new VirtualClock(),
    folders: () => ["", "a", "b", "c"],
    on: { changed: (paths) => said.push(...paths), lost: (why) => said.push("lost: " + why), ready: () => said.splice(0, said.length, "ready") },
  });
  await watcher.start();
  for (const change of process.argv.slice(4)) {
    Bun.spawnSync(["sh", "-c", change], { cwd: folder });
    await watcher.settled();
  }
  const { mode, watches } = watcher.stats();
  await watcher.stop();
  process.stdout.write(JSON.stringify({ said: [...new Set(said)], mode, watches }));
`;

function startWithin(prepare: string, ...changes: readonly string[]): unknown {
  const folder = mkdtempSync(join(tmpdir(), "millrace-watch-"));
  try {
    for (const name of ["a", "b", "c"]) mkdirSync(join(folder, name));
    const modules = ["./watcher.ts", "../../base/index.ts"].map((path) => new URL(path, import.meta.url).href);
    const command = within(prepare, process.execPath, "-e", SCRIPT, ...modules, folder, ...changes);
    const { stdout, stderr } = Bun.spawnSync(command, { cwd: folder, timeout: 20_000 });
    return stdout.length > 0 ? JSON.parse(stdout.toString()) : stderr.toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

testWithin(
  "where the user may have no watches, too few of them, or no queue of events, nothing is watched and nothing fails",
  () => {
    const polling = { said: ["lost: limit"], mode: "polling", watches: 0 };
    expect(startWithin(limit("max_inotify_watches", 0))).toEqual(polling);
    expect(startWithin(limit("max_inotify_watches", 3))).toEqual(polling);
    expect(startWithin(limit("max_inotify_instances", 0))).toEqual(polling);
    expect(startWithin(limit("max_inotify_watches", 4))).toEqual({ said: ["ready"], mode: "inotify", watches: 4 });
  },
);

testWithin("a folder in two places, and one whose changes are not told, are not watched", () => {
  const polling = { said: ["lost: unsupported"], mode: "polling", watches: 0 };
  expect(startWithin("mount --bind a b")).toEqual(polling);
  expect(startWithin("mount --rbind /proc b")).toEqual(polling);
});

testWithin("when what is mounted in a folder is taken away, the folder below is told of and watched", () => {
  const said = startWithin("mount -t tmpfs none b", "touch b/above", "umount b", "touch b/below");
  expect(said).toEqual({ said: ["ready", "b/above", "b", "b/below"], mode: "inotify", watches: 4 });
});
