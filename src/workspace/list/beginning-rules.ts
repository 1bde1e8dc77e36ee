// The ignore rules that a root begins with: the user's own file, the repository's info/exclude, and, where the root is a folder inside a
// repository, the ignore files above it. Each file is read again only when it changed.

import { join } from "node:path";
import type { GitRepository } from "./git-repository.ts";
import { HeldFile } from "./held-file.ts";
import { IgnorePatterns } from "./ignore-patterns.ts";
import { IgnoreRules } from "./ignore-rules.ts";

const BYTES_MAX = 32 * 1024 * 1024;

interface Source {
  readonly file: HeldFile;
  /** Where its patterns begin, from the top, with a slash at its end. */
  readonly folder: string;
  /** The folder below, on the way to the root; undefined: not an ignore file of a folder. */
  readonly next: string | undefined;
  patterns: IgnorePatterns | undefined;
}

export interface Beginning {
  readonly rules: IgnoreRules | undefined;
  /** The root itself is ignored: only tracked files of it are listed. */
  readonly isIgnored: boolean;
}

export class BeginningRules {
  readonly #isFolded: boolean;
  readonly #sources: readonly Source[];

  /** @param prefix of the root, from the top, with a slash at its end ("" at the top) */
  constructor(repository: GitRepository | undefined, prefix: string, excludesFile: string, isFolded: boolean) {
    this.#isFolded = isFolded;
    const source = (path: string, follows: boolean, folder = "", next?: string): Source => ({
      file: new HeldFile(path, { follows, bytesMax: BYTES_MAX }),
      folder,
      next,
      patterns: undefined,
    });
    const above = prefix.split("/").slice(0, -1);
    this.#sources = [
      source(excludesFile, true),
      ...(repository ? [source(join(repository.commonFolder, "info", "exclude"), true)] : []),
      ...above.map((name, depth) => {
        const folder = above
          .slice(0, depth)
          .map((each) => `${each}/`)
          .join("");
        return source(join(repository?.top ?? "", folder, ".gitignore"), false, folder, name);
      }),
    ];
  }

  /** Undefined: as before. */
  poll(youngFrom: bigint): Beginning | undefined {
    let isChanged = false;
    for (const source of this.#sources) {
      const polled = source.file.poll(youngFrom);
      if (!polled) continue;
      isChanged = true;
      source.patterns = polled.content && new IgnorePatterns(polled.content.toString("latin1"), this.#isFolded);
    }
    return isChanged ? this.#build() : undefined;
  }

  #build(): Beginning {
    let rules: IgnoreRules | undefined;
    let isIgnored = false;
    for (const { patterns, folder, next } of this.#sources) {
      if (patterns && !patterns.isEmpty) rules = new IgnoreRules(rules, patterns, folder, this.#isFolded);
      if (next !== undefined) isIgnored ||= rules?.isIgnored(folder, next, true) === true;
    }
    return { rules, isIgnored };
  }
}
