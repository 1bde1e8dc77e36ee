// Which entries carry a tag. Holds only entries with content, so it is bounded as the cache is.

import { MillraceError } from "../../base/index.ts";
import type { Entry } from "./entry.ts";

export const TAGS_MAX = 16;
const TAG_LENGTH_MAX = 512;

export class TagIndex<V> {
  readonly #entries = new Map<string, Set<Entry<V>>>();

  /** Throws `option_invalid` for more than 16 tags or one over 512 characters. */
  check(tags: readonly string[] | undefined): void {
    if (!tags) return;
    if (tags.length <= TAGS_MAX && tags.every((tag) => tag.length <= TAG_LENGTH_MAX)) return;
    throw new MillraceError("option_invalid", `Give a value at most ${TAGS_MAX} tags of ${TAG_LENGTH_MAX} characters.`);
  }

  add(entry: Entry<V>, tags: readonly string[] | undefined): void {
    if (!tags || tags.length === 0) return;
    entry.tags = tags;
    for (const tag of tags) {
      const entries = this.#entries.get(tag);
      if (entries) entries.add(entry);
      else this.#entries.set(tag, new Set([entry]));
    }
  }

  remove(entry: Entry<V>): void {
    if (!entry.tags) return;
    for (const tag of entry.tags) {
      const entries = this.#entries.get(tag);
      entries?.delete(entry);
      if (entries?.size === 0) this.#entries.delete(tag);
    }
    entry.tags = undefined;
  }

  tagged(tag: string): Entry<V>[] {
    return [...(this.#entries.get(tag) ?? [])];
  }
}
