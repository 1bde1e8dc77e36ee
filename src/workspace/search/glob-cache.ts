// Answers of globs, each valid for one generation of the list it was asked of. Bounded by answers and by the paths they hold together;
// the one not used for longest leaves first. An answer larger than the bound is given and not kept. The list's freshness is not its job.

import { MillraceError } from "../../base/index.ts";
import { Glob } from "./glob.ts";

interface Kept {
  readonly glob: Glob;
  generation: number;
  paths: readonly string[];
}

export interface GlobCacheOptions {
  readonly patternsMax: number;
  /** Paths in all kept answers together. A path is shared with its list: about 8 bytes. */
  readonly pathsMax: number;
}

export class GlobCache {
  readonly #options: GlobCacheOptions;
  /** In order of use. */
  readonly #kept = new Map<string, Kept>();
  #paths = 0;
  #hits = 0;
  #misses = 0;

  constructor(options: GlobCacheOptions) {
    for (const [name, value] of Object.entries(options)) {
      if (!Number.isSafeInteger(value) || value < 1) throw new MillraceError("option_invalid", `${name} must be at least 1.`);
    }
    this.#options = options;
  }

  /** The paths that fit, in order. `generation` must differ whenever `paths` does. Do not change the answer: it is kept. */
  select(pattern: string, paths: readonly string[], generation: number): readonly string[] {
    const kept = this.#kept.get(pattern);
    if (kept) this.#kept.delete(pattern);
    if (kept?.generation === generation) {
      this.#kept.set(pattern, kept);
      this.#hits++;
      return kept.paths;
    }
    this.#misses++;
    this.#paths -= kept?.paths.length ?? 0;
    const glob = kept?.glob ?? new Glob(pattern);
    const found = glob.select(paths);
    if (found.length > this.#options.pathsMax) return found;
    this.#kept.set(pattern, { glob, generation, paths: found });
    this.#paths += found.length;
    this.#trim();
    return found;
  }

  stats(): { readonly patterns: number; readonly paths: number; readonly hits: number; readonly misses: number } {
    return { patterns: this.#kept.size, paths: this.#paths, hits: this.#hits, misses: this.#misses };
  }

  #trim(): void {
    for (const [pattern, { paths }] of this.#kept) {
      if (this.#kept.size <= this.#options.patternsMax && this.#paths <= this.#options.pathsMax) return;
      this.#kept.delete(pattern);
      this.#paths -= paths.length;
    }
  }
}
