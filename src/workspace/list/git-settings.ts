// The settings that decide on a list: core.excludesFile and core.ignoreCase. git itself is asked (one call: it knows of system, user,
// repository and worktree files, of includes and their conditions), and again when one of the files that it read changed.
// Without git on the machine the defaults hold. The environment is not read here: who knows XDG_CONFIG_HOME passes it.

import { join, resolve } from "node:path";
import { askGit } from "./git-program.ts";
import type { GitRepository } from "./git-repository.ts";
import { isSameStamp, type Stamp, takeStamp } from "./stamp.ts";

export interface GitSettings {
  readonly excludesFile: string;
  readonly isCaseIgnored: boolean;
  /** Contents may be converted by settings that no file of attributes in the repository names. */
  readonly isConverting: boolean;
  /** Without git only the defaults are known. */
  readonly isGitFound: boolean;
}

export interface UserFolders {
  readonly home: string;
  /** $XDG_CONFIG_HOME, or `.config` in the home folder. */
  readonly config: string;
}

/** Reads settings once and again whenever one of their files changed; the same object while they are the same. */
export class HeldSettings {
  readonly #folder: string;
  readonly #repository: GitRepository | undefined;
  readonly #user: UserFolders;
  readonly #stamps = new Map<string, Stamp | undefined>();
  #held: GitSettings | undefined;

  constructor(folder: string, repository: GitRepository | undefined, user: UserFolders) {
    this.#folder = repository?.top ?? folder;
    this.#repository = repository;
    this.#user = user;
  }

  get(): GitSettings {
    if (this.#held && !this.#hasChanged()) return this.#held;
    const read = this.#read();
    // Most changes of a configuration are about something else: the same object says so.
    if (!this.#held || JSON.stringify(read) !== JSON.stringify(this.#held)) this.#held = read;
    return this.#held;
  }

  #hasChanged(): boolean {
    for (const [path, stamp] of this.#stamps) if (!isSameStamp(stamp, takeStamp(path, true))) return true;
    return false;
  }

  #read(): GitSettings {
    this.#stamps.clear();
    const { gitFolder, commonFolder } = this.#repository ?? {};
    const own = gitFolder && commonFolder ? [join(commonFolder, "config"), join(gitFolder, "config.worktree")] : [];
    for (const path of [...own, join(this.#user.home, ".gitconfig"), join(this.#user.config, "git", "config")]) this.#stamp(path);
    const where = gitFolder === undefined ? [] : ["--git-dir", gitFolder];
    const answer = askGit(this.#folder, [...where, "config", "--list", "-z", "--show-origin"], false);
    const values = new Map<string, string | undefined>();
    const parts = answer?.output?.toString("utf8").split("\0") ?? [];
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const [origin = "", setting = ""] = [parts[at], parts[at + 1]];
      if (origin.startsWith("file:")) this.#stamp(resolve(this.#folder, origin.slice("file:".length)));
      const end = setting.indexOf("\n");
      values.set(end < 0 ? setting : setting.slice(0, end), end < 0 ? undefined : setting.slice(end + 1));
    }
    return {
      excludesFile: this.#excludesFile(values.get("core.excludesfile"), where),
      isCaseIgnored: values.has("core.ignorecase") && isTrue(values.get("core.ignorecase")),
      isConverting: values.has("core.attributesfile") || !["false", "unset"].includes(values.get("core.autocrlf") ?? "unset"),
      isGitFound: answer !== undefined,
    };
  }

  #stamp(path: string): void {
    if (!this.#stamps.has(path)) this.#stamps.set(path, takeStamp(path, true));
  }

  #excludesFile(written: string | undefined, where: readonly string[]): string {
    if (written === undefined) return join(this.#user.config, "git", "ignore");
    if (!/^[~%]/.test(written)) return resolve(this.#folder, written);
    const answer = askGit(this.#folder, [...where, "config", "--type=path", "-z", "--get", "core.excludesFile"], false);
    return resolve(this.#folder, answer?.output?.toString("utf8").replace(/\0$/, "") ?? written);
  }
}

/** As git reads a truth value; one that is only named is true. */
function isTrue(value: string | undefined): boolean {
  return value === undefined || /^(?:true|yes|on|[+-]?0*[1-9]\d*[kmg]?)$/i.test(value);
}
