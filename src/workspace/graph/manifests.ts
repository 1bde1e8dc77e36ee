// The files that say how names become paths: package.json, tsconfig.json, go.mod, Cargo.toml, composer.json. Read when asked for, each once, and
// remembered with what they said, so that whoever holds a graph can tell whether it still holds. One that cannot be read says nothing.

import { folderOf, upwards } from "./source-tree.ts";

/** Text of a listed file as it is now; undefined when it cannot be had. */
export type ReadText = (path: string) => string | undefined;

export type Fields = Readonly<Record<string, unknown>>;

const MANIFEST_CHARACTERS_MAX = 1024 * 1024;
const nothing: Fields = {};

export class Manifests {
  readonly #read: ReadText;
  readonly #parsed = new Map<string, Fields>();
  /** What was read, and what it said. */
  readonly texts = new Map<string, string | undefined>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** JSON, with comments and commas at ends. */
  json(path: string): Fields {
    return this.#fields(path, (text) => Bun.JSONC.parse(text));
  }

  toml(path: string): Fields {
    return this.#fields(path, (text) => Bun.TOML.parse(text));
  }

  text(path: string): string {
    if (!this.texts.has(path)) {
      const text = this.#read(path);
      this.texts.set(path, text !== undefined && text.length <= MANIFEST_CHARACTERS_MAX ? text : undefined);
    }
    return this.texts.get(path) ?? "";
  }

  #fields(path: string, parse: (text: string) => unknown): Fields {
    const known = this.#parsed.get(path);
    if (known) return known;
    const fields = fieldsOf(attempt(() => parse(this.text(path))));
    this.#parsed.set(path, fields);
    return fields;
  }
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : nothing;
}

export const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export function stringsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** The nearest of the folders above a file that is known. */
export function nearestAbove<T>(known: ReadonlyMap<string, T>, path: string): T | undefined {
  for (const folder of upwards(folderOf(path))) {
    const found = known.get(folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
