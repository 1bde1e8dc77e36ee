// One search over held files: verifies what is not trusted, passes over files by their filters, searches the others, and verifies every
// file with a match once more before it is told. Stops between files when it is told to. Runs in the worker; knows no messages.

import { compileGlobChoice } from "./glob-choice.ts";
import { CompiledQuery, type GrepMatch, type GrepQuery } from "./grep-query.ts";
import type { HeldFile, HeldFiles } from "./held-files.ts";
import type { LineMatch } from "./line-search.ts";
import type { SearchedText } from "./searched-text.ts";

export interface GrepAnswer {
  /** In the order of the list, then by line. */
  readonly matches: readonly GrepMatch[];
  /** False: `matchesMax` was reached, and there are more. */
  readonly isComplete: boolean;
  /** Files that the globs let in. */
  readonly files: number;
  /** Of these: with a NUL byte, and not searched. */
  readonly binary: number;
  /** Of these: gone, no longer readable as a file, or too large, and not searched. */
  readonly closed: number;
}

export const matchesMaxDefault = 1000;
export const textMaxDefault = 1000;
/** A file that changes each time it is read is told as it was read last. */
const TRIES_MAX = 3;

export class FileSearch {
  readonly #files: HeldFiles;
  readonly #chosen: readonly HeldFile[];
  readonly #query: GrepQuery;
  readonly #compiled: CompiledQuery;
  readonly #isStopped: () => boolean;

  /** @param isStopped asked before each file */
  constructor(files: HeldFiles, query: GrepQuery, isStopped: () => boolean) {
    this.#files = files;
    this.#query = query;
    this.#compiled = new CompiledQuery(query);
    this.#isStopped = isStopped;
    const isChosen = compileGlobChoice(query.globs ?? []);
    this.#chosen = isChosen ? files.all.filter((file) => isChosen(file.path)) : files.all;
  }

  /** Verifies what is not trusted. Afterwards every file without a match is known to be as it was then, or since it was vouched for. */
  prepare(): void {
    for (const file of this.#chosen) {
      if (this.#files.isTrusted(file)) continue;
      if (this.#isStopped()) return;
      this.#files.verify(file);
    }
  }

  run(): GrepAnswer {
    const { matchesMax = matchesMaxDefault, matchesPerFileMax = Number.POSITIVE_INFINITY } = this.#query;
    const matches: GrepMatch[] = [];
    let [binary, closed] = [0, 0];
    let isComplete = true;
    for (const file of this.#chosen) {
      if (this.#isStopped()) break;
      if (file.state === "text" && isComplete && this.#compiled.mayMatch(this.#files.filters, file.slot, file.isAscii)) {
        // One more than may be told says that there are more.
        const found = this.#searchFile(file, Math.min(matchesMax - matches.length + 1, matchesPerFileMax));
        for (const { line, column, ...rest } of found) matches.push({ path: file.path, line, column, ...rest });
        if (matches.length > matchesMax) {
          isComplete = false;
          matches.length = matchesMax;
        }
      }
      if (file.state === "binary") binary++;
      else if (file.state === "closed") closed++;
    }
    return { matches, isComplete, files: this.#chosen.length, binary, closed };
  }

  #searchFile(file: HeldFile, max: number): readonly LineMatch[] {
    let text = file.text ?? this.#files.verify(file);
    let found: LineMatch[] = [];
    for (let tries = 0; tries < TRIES_MAX && text; tries++) {
      found = this.#searchText(text, max);
      if (found.length === 0) return found;
      const now = this.#files.verify(file);
      if (now === text || (now && file.text === undefined && now.bytes.equals(text.bytes))) return found;
      text = now;
    }
    return text ? found : [];
  }

  #searchText(text: SearchedText, max: number): LineMatch[] {
    const found: LineMatch[] = [];
    this.#compiled.search(text, this.#query.textMax ?? textMaxDefault, (match) => found.push(match) < max);
    return found;
  }
}
