// The writer's statements on answers that are still being written: pieces, each behind the one before. How long each is by now is kept in
// memory, so that a piece reads nothing. Invariant: what is in memory is what is on disk; after a transaction that failed, memory is empty.

import type { Database } from "bun:sqlite";
import type { ThreadWrite } from "../../ports/index.ts";

type DraftWrite = Extract<ThreadWrite, { kind: "draft" }>;

/** Drafts whose lengths are kept in memory. */
const LENGTHS_MAX = 20_000;

export class ThreadDrafts {
  readonly #lengths = new Map<string, number>();
  readonly #length;
  readonly #add;
  readonly #end;
  readonly #endAll;

  constructor(database: Database) {
    this.#length = database.query<{ length: number }, [number, string]>(
      "SELECT start + length AS length FROM draft WHERE thread = ? AND id = ? ORDER BY start DESC LIMIT 1",
    );
    this.#add = database.query<never, [number, string, number, number, number, string]>(
      "INSERT INTO draft (thread, id, start, length, at_ms, piece) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#end = database.query<never, [number, string]>("DELETE FROM draft WHERE thread = ? AND id = ?");
    this.#endAll = database.query<never, [number]>("DELETE FROM draft WHERE thread = ?");
  }

  /** @returns why it cannot be kept */
  append(thread: number, { draft, from, text, atMs }: DraftWrite): string | undefined {
    const name = nameOf(thread, draft);
    const known = this.#lengths.get(name) ?? this.#length.get(thread, draft)?.length;
    const length = known ?? 0;
    if (from > length) return `the draft has ${length} units of text, and this comes after ${from}`;
    const rest = text.slice(length - from);
    // A beginning without text stands before the text, and says when the draft began.
    if (rest !== "") this.#add.run(thread, draft, length, rest.length, atMs, JSON.stringify(rest));
    else if (known === undefined) this.#add.run(thread, draft, -1, 1, atMs, '""');
    if (this.#lengths.size >= LENGTHS_MAX) this.#lengths.clear();
    this.#lengths.set(name, length + rest.length);
    return undefined;
  }

  end(thread: number, draft: string): void {
    this.#lengths.delete(nameOf(thread, draft));
    this.#end.run(thread, draft);
  }

  endAll(thread: number): void {
    this.forget();
    this.#endAll.run(thread);
  }

  /** What is in memory may not be what is on disk. */
  forget(): void {
    this.#lengths.clear();
  }
}

const nameOf = (thread: number, draft: string): string => `${thread} ${draft}`;
