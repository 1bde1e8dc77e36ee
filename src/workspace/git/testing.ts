// Real repositories for tests of this room, in temporary folders.

import { test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];

const hasGit = Bun.which("git") !== null;

/** A test that needs git. */
export function testWithGit(name: string, run: () => void | Promise<void>): void {
  test.skipIf(!hasGit)(hasGit ? name : `skipped: ${name} (git is not on this machine)`, run);
}

export class ScratchRepository {
  readonly folder = mkdtempSync(join(tmpdir(), "millrace-workspace-"));

  static create(): ScratchRepository {
    const repository = new ScratchRepository();
    repository.git("init", "-q", "-b", "main");
    return repository;
  }

  /** Runs git there; returns what it printed, trimmed. Throws what it complained of. */
  git(...args: readonly string[]): string {
    const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...IDENTITY, "-C", this.folder, ...args]);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
    return stdout.toString().trim();
  }

  write(path: string, content: string | Uint8Array): void {
    const whole = join(this.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
  }

  /** Everything that is there, in a commit. @returns its id */
  commit(message = "Change"): string {
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", message);
    return this.git("rev-parse", "HEAD");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
