// For tests: a folder that is watched, with the list that says which folders, and all that was told. Time stands still but where it is moved.

import { test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock, VirtualClock } from "../../base/index.ts";
import { FileList } from "../list/file-list.ts";
import { Watcher, type WatcherOptions } from "./watcher.ts";

const isLinux = process.platform === "linux";
const WORKER = new URL("./watch-worker.ts", import.meta.url);

/** A test that needs inotify. */
export function testOnLinux(name: string, run: () => void | Promise<void>): void {
  test.skipIf(!isLinux)(isLinux ? name : `skipped: ${name} (not on Linux)`, run);
}

type Told = "ready" | "repository" | `lost: ${string}`;

export class WatchedScene {
  /** Not the root itself, so that it can go and things can be moved out of it. */
  readonly around = realpathSync(mkdtempSync(join(tmpdir(), "millrace-watch-")));
  readonly root = join(this.around, "root");
  readonly clock = new VirtualClock();
  readonly list: FileList;
  readonly watcher: Watcher;
  /** Paths, since they were last taken. */
  readonly told = new Set<string>();
  readonly log: Told[] = [];
  readonly workers: Worker[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(options: Partial<WatcherOptions> & { readonly root?: string } = {}) {
    const { root = this.root, ...others } = options;
    mkdirSync(this.root);
    this.list = new FileList({ folder: root, clock: systemClock });
    const tell = (what: Told) => {
      this.log.push(what);
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    this.watcher = new Watcher({
      folder: root,
      clock: this.clock,
      folders: async () => {
        await this.list.load();
        return this.list.folders();
      },
      startWorker: () => {
        const worker = new Worker(WORKER);
        this.workers.push(worker);
        return worker;
      },
      ...others,
      on: {
        changed: (paths) => {
          for (const path of paths) this.told.add(path);
          this.list.invalidate(paths);
        },
        repository: () => tell("repository"),
        lost: (why) => {
          this.list.vouch(false);
          tell(`lost: ${why}`);
        },
        ready: () => {
          this.list.vouch(true);
          tell("ready");
        },
      },
    });
  }

  static async started(fill?: (scene: WatchedScene) => void, options?: Partial<WatcherOptions>): Promise<WatchedScene> {
    const scene = new WatchedScene(options);
    fill?.(scene);
    await scene.watcher.start();
    if (scene.watcher.stats().mode !== "inotify") throw new Error(`It is not ready, but ${scene.log.join(", ")}.`);
    scene.forget();
    return scene;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, content = path): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  git(...args: readonly string[]): void {
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
    const { exitCode, stderr } = Bun.spawnSync(["git", ...identity, "-C", this.root, ...args]);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  }

  /** All that was told of what happened until now, and is forgotten then. */
  async settled(): Promise<readonly string[]> {
    await this.watcher.settled();
    return this.forget();
  }

  forget(): readonly string[] {
    const told = [...this.told];
    this.told.clear();
    this.log.length = 0;
    return told;
  }

  /** Resolves when it was told, since the log was last forgotten. */
  async until(what: Told): Promise<void> {
    while (!this.log.includes(what)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.watcher.stop();
    rmSync(this.around, { recursive: true, force: true });
  }
}

/** Whether a path was told, or a folder that it is in. */
export function isCovered(path: string, told: ReadonlySet<string>): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (told.has(folder)) return true;
    if (folder === "") return false;
  }
}
