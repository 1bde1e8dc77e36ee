// A value as JSON. A worker hands text over for next to nothing, while objects are copied one by one, twice; and what lies on
// the disk as JSON already becomes objects once, where they are used.

import { MillraceError } from "../../base/index.ts";

export class JsonText<T> {
  readonly text: string;
  /** For the type alone. */
  declare readonly is?: T;

  constructor(text: string) {
    this.text = text;
  }

  static of<T>(value: T): JsonText<T> {
    return new JsonText(JSON.stringify(value));
  }

  /** Throws `store_unavailable` for what is too deep. */
  parsed(): T {
    try {
      return JSON.parse(this.text) as T;
    } catch (cause) {
      throw new MillraceError("store_unavailable", "What was read from the SQLite store is too deep.", { cause });
    }
  }
}
