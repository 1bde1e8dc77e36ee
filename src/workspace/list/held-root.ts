// One root as it is held: its repository, settings, first rules, tracked files and folders, joined. `poll` looks at all the small files that
// decide on the list (about a dozen stats) and tells the tree what changed; the folders themselves are checked by the tree.

import { join } from "node:path";
import { BeginningRules } from "./beginning-rules.ts";
import { mayConvert } from "./conversions.ts";
import { FolderTree } from "./folder-tree.ts";
import { askGit } from "./git-program.ts";
import { findRepository, type GitRepository } from "./git-repository.ts";
import { type GitSettings, HeldSettings, type UserFolders } from "./git-settings.ts";
import { HeldFile } from "./held-file.ts";
import { IndexedBlobs } from "./indexed-blobs.ts";
import { INDEX_BYTES_MAX, indexOf } from "./read-git-index.ts";
import { TrackedFiles } from "./tracked-files.ts";

export class HeldRoot {
  readonly tree: FolderTree;
  tracked: TrackedFiles;
  readonly #place: string;
  readonly #repository: GitRepository | undefined;
  readonly #prefix: string;
  readonly #settings: HeldSettings;
  /** Those that everything here was made for. */
  readonly #begun: GitSettings;
  readonly #rules: BeginningRules;
  readonly #index: HeldFile | undefined;
  readonly #attributes: readonly string[];
  #indexed: IndexedBlobs | undefined;

  /** @param place absolute, without symbolic links. Throws as `findRepository`. */
  constructor(place: string, entriesMax: number, user: UserFolders) {
    const repository = findRepository(place);
    this.#place = place;
    this.#repository = repository;
    this.#prefix =
      repository && repository.top !== place ? `${place.slice(repository.top === "/" ? 1 : repository.top.length + 1)}/` : "";
    this.#settings = new HeldSettings(place, repository, user);
    this.#begun = this.#settings.get();
    this.#rules = new BeginningRules(repository, this.#prefix, this.#begun.excludesFile, this.#begun.isCaseIgnored);
    const { commonFolder } = repository ?? {};
    const userAttributes = [join(user.config, "git", "attributes"), "/etc/gitattributes"];
    this.#attributes = [...userAttributes, ...(commonFolder === undefined ? [] : [join(commonFolder, "info", "attributes")])];
    this.#index = repository && new HeldFile(join(repository.gitFolder, "index"), { follows: true, bytesMax: INDEX_BYTES_MAX });
    this.tracked = new TrackedFiles(undefined, this.#prefix, this.#begun.isCaseIgnored);
    const { isCaseIgnored: isFolded } = this.#begun;
    const readBlob = (blob: string) => repository && readBlobOf(repository, blob);
    this.tree = new FolderTree({ place, prefix: this.#prefix, isFolded, entriesMax, readBlob }, this.tracked);
  }

  get git(): "found" | "missing" {
    return this.#begun.isGitFound ? "found" : "missing";
  }

  get isRepository(): boolean {
    return this.#repository !== undefined;
  }

  /** Whether this still is what the place is: otherwise a new one is needed. Throws as `findRepository`. */
  isCurrent(place: string): boolean {
    if (place !== this.#place) return false;
    const now = findRepository(place);
    const was = this.#repository;
    const isSame = now?.top === was?.top && now?.gitFolder === was?.gitFolder && now?.commonFolder === was?.commonFolder;
    return isSame && this.#settings.get() === this.#begun;
  }

  /** What the index says of contents; undefined: nothing that can be believed. @param paths of the list */
  indexed(paths: readonly string[]): IndexedBlobs | undefined {
    const isBelieved = this.#indexed && !this.#begun.isConverting && !mayConvert(this.#place, paths, this.#attributes);
    return isBelieved ? this.#indexed : undefined;
  }

  /** Tells the tree what changed outside of it. @returns whether every folder must be checked, trusted or not */
  poll(youngFrom: bigint): boolean {
    const rules = this.#rules.poll(youngFrom);
    if (rules) this.tree.setRules(rules.rules, rules.isIgnored);
    const index = this.#index?.poll(youngFrom);
    if (!index || !this.#repository) return false;
    const rows = indexOf(this.#repository, index.content);
    const tracked = new TrackedFiles(rows, this.#prefix, this.#begun.isCaseIgnored);
    const written = this.#index?.stamp;
    this.#indexed = rows && written && new IndexedBlobs(rows, this.#prefix, written);
    const before = this.tracked;
    this.tracked = tracked;
    this.tree.setTracked(tracked);
    return JSON.stringify([...tracked.ignoreBlobs]) !== JSON.stringify([...before.ignoreBlobs]);
  }
}

function readBlobOf({ top, gitFolder }: GitRepository, blob: string): string | undefined {
  return askGit(top, ["--git-dir", gitFolder, "cat-file", "blob", blob])?.output?.toString("latin1");
}
