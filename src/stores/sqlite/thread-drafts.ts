// The writer's statements on answers that are still being written. Pieces lie in order of arrival, whosever they are, so that a round of a
// thousand answers fills a few pages instead of touching a thousand; each names the one before it of the same answer. They go when no draft
// that is left began before them. How far each draft is by now is kept in memory, so that a piece reads nothing.
// Invariant: what is in memory is what is on disk; after a transaction that failed, memory is empty.

import type { Database } from "bun:sqlite";
import type { ThreadWrite } from "../../ports/index.ts";

type DraftWrite = Extract<ThreadWrite, { kind: "draft" }>;

interface Extent {
  readonly length: number;
  /** Position of the last piece; 0 of a draft without text. */
  readonly last: number;
}

/** Drafts that are kept in memory. */
const KNOWN_MAX = 20_000;

export class ThreadDrafts {
  readonly #known = new Map<string, Extent>();
  readonly #extent;
  readonly #begin;
  readonly #extend;
  readonly #add;
  readonly #end;
  readonly #endAll;
  readonly #sweep;

  constructor(database: Database) {
    this.#extent = database.query<Extent, [number, string]>("SELECT length, last FROM draft WHERE thread = ? AND id = ?");
    this.#begin = database.query<never, [number, string, number, number, number, number, number]>(
      "INSERT INTO draft (thread, id, started_ms, at_ms, length, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#extend = database.query<never, [number, number, number, number, number, string]>(
      `UPDATE draft SET at_ms = ?, length = ?, last = ?, first = CASE first WHEN 0 THEN ? ELSE first END
       WHERE thread = ? AND id = ?`,
    );
    this.#add = database.query<never, [number, string]>("INSERT INTO piece (before, text) VALUES (?, ?)");
    this.#end = database.query<never, [number, string]>("DELETE FROM draft WHERE thread = ? AND id = ?");
    this.#endAll = database.query<never, [number]>("DELETE FROM draft WHERE thread = ?");
    this.#sweep = database.query<never, []>(
      "DELETE FROM piece WHERE position < coalesce((SELECT min(first) FROM draft WHERE first > 0), 9e18)",
    );
  }

  /** @returns why it cannot be kept */
  append(thread: number, { draft, from, text, atMs }: DraftWrite): string | undefined {
    const name = nameOf(thread, draft);
    const known = this.#known.get(name) ?? this.#extent.get(thread, draft) ?? undefined;
    const length = known?.length ?? 0;
    if (from > length) return `the draft has ${length} units of text, and this comes after ${from}`;
    const rest = text.slice(length - from);
    if (rest === "" && known !== undefined) return undefined;
    const before = known?.last ?? 0;
    // As JSON, since a piece may end inside a character.
    const last = rest === "" ? 0 : Number(this.#add.run(before, JSON.stringify(rest)).lastInsertRowid);
    const extent = { length: length + rest.length, last };
    if (known === undefined) this.#begin.run(thread, draft, atMs, atMs, extent.length, last, last);
    else this.#extend.run(atMs, extent.length, last, last, thread, draft);
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(name, extent);
    return undefined;
  }

  end(thread: number, draft: string): void {
    this.#known.delete(nameOf(thread, draft));
    if (this.#end.run(thread, draft).changes > 0) this.#sweep.run();
  }

  endAll(thread: number): void {
    this.forget();
    if (this.#endAll.run(thread).changes > 0) this.#sweep.run();
  }

  /** What is in memory may not be what is on disk. */
  forget(): void {
    this.#known.clear();
  }
}

const nameOf = (thread: number, draft: string): string => `${thread} ${draft}`;
