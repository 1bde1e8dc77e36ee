// What may have changed since one consumer looked last, as a watcher tells it. While no watcher vouches, that is anything. Bounded: of more paths
// than are worth naming it only knows that there are some.

/** More changed paths than these are not named one by one. */
const PATHS_MAX = 10_000;

export class Changes {
  #paths = new Set<string>();
  /** Undefined: before the first look, and whenever something was missed. */
  #isKnown = false;
  #isVouched = false;

  /** Files and folders; of a folder, all that is in it. "" is the root. */
  add(paths: readonly string[]): void {
    if (!this.#isKnown) return;
    for (const path of paths) this.#paths.add(path);
    if (this.#paths.has("") || this.#paths.size > PATHS_MAX) this.doubt();
  }

  /** Anything may have changed. */
  doubt(): void {
    this.#isKnown = false;
    this.#paths.clear();
  }

  /** From now on changes are told, or no longer. */
  vouch(isWatched: boolean): void {
    this.#isVouched = isWatched;
    this.doubt();
  }

  /** Undefined: anything. Who takes them and then does not look calls `doubt`. */
  take(): readonly string[] | undefined {
    const taken = this.#isKnown ? [...this.#paths] : undefined;
    this.#isKnown = this.#isVouched;
    this.#paths.clear();
    return taken;
  }
}
