import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The kernel's limits as they are in a user namespace of its own: they can be set there, and hold for nobody else. */
const within = (limit: string, value: number, ...command: readonly string[]) => {
  const set = `echo ${value} > /proc/sys/user/${limit} && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "sh", "-c", set, "sh", ...command];
};

const canLimit =
  Bun.which("unshare") !== null && Bun.spawnSync(within("max_inotify_watches", 100, "true"), { stderr: "ignore" }).exitCode === 0;

const SCRIPT = `
  const { Watcher } = await import(process.argv[1]);
  const { VirtualClock } = await import(process.argv[2]);
  const said = [];
  const watcher = new Watcher({
    folder: process.argv[3],
    clock: new VirtualClock(),
    folders: () => ["", "a", "b", "c"],
    on: { changed: () => {}, lost: (why) => said.push(why), ready: () => said.push("ready") },
  });
  await watcher.start();
  await watcher.settled();
  const { mode, lost, watches } = watcher.stats();
  await watcher.stop();
  process.stdout.write(JSON.stringify({ said, mode, lost, watches }));
`;

function startWithin(limit: string, value: number): unknown {
  const folder = mkdtempSync(join(tmpdir(), "millrace-watch-"));
  try {
    for (const name of ["a", "b", "c"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "a", "file"), "");
    const modules = ["./watcher.ts", "../../base/index.ts"].map((path) => new URL(path, import.meta.url).href);
    const command = within(limit, value, process.execPath, "-e", SCRIPT, ...modules, folder);
    const { stdout, stderr } = Bun.spawnSync(command, { timeout: 20_000 });
    return stdout.length > 0 ? JSON.parse(stdout.toString()) : stderr.toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const name = "where the user may have no watches, too few of them, or no queue of events, nothing is watched and nothing fails";
test.skipIf(!canLimit)(canLimit ? name : `skipped: ${name} (limits cannot be set here)`, () => {
  const polling = { said: ["limit"], mode: "polling", lost: "limit", watches: 0 };
  expect(startWithin("max_inotify_watches", 0)).toEqual(polling);
  expect(startWithin("max_inotify_watches", 3)).toEqual(polling);
  expect(startWithin("max_inotify_instances", 0)).toEqual(polling);
  expect(startWithin("max_inotify_watches", 4)).toEqual({ said: ["ready"], mode: "inotify", watches: 4 });
});
