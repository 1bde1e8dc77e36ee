// Listings: the newest of each range that the viewer may see, merged. Each range is read from a place in its index, so a page
// costs the same at any depth; a thread in two ranges is in the page once. Reads rows only of the threads it shows.

import type { Database } from "bun:sqlite";
import type { Thread, ThreadFilter, ThreadPlace, ThreadUsage } from "../../ports/index.ts";
import { allOf, anyOf, type Condition, rangesOf, restOf } from "./thread-filter.ts";
import type { ThreadNames } from "./thread-names.ts";
import type { ThreadRows } from "./thread-rows.ts";

interface Place {
  number: number;
  active_ms: number;
  id: string;
}

type Totals = ThreadUsage & { readonly threads: number; readonly messages: number };

export class ThreadList {
  readonly #database: Database;
  readonly #names: ThreadNames;
  readonly #rows: ThreadRows;

  constructor(database: Database, names: ThreadNames, rows: ThreadRows) {
    this.#database = database;
    this.#names = names;
    this.#rows = rows;
  }

  page(filter: ThreadFilter, { after, limit }: { after?: ThreadPlace; limit: number }): Thread[] {
    const rest = allOf([restOf(filter, this.#names), ...placeOf(after)]);
    const found = new Map<number, Place>();
    for (const { index, condition } of rangesOf(filter, this.#names)) {
      const { sql, values } = allOf([condition, rest]);
      const places = this.#database
        .query<Place, (string | number)[]>(
          `SELECT number, active_ms, id FROM thread INDEXED BY ${index} WHERE ${sql} ORDER BY active_ms DESC, id DESC LIMIT ?`,
        )
        .all(...values, limit);
      for (const place of places) found.set(place.number, place);
    }
    const newest = [...found.values()].sort(newerFirst).slice(0, limit);
    return newest.flatMap(({ number, id }) => {
      const thread = this.#rows.readable(number);
      return thread?.id === id && thread.tenant === filter.tenant ? thread : []; // Not so: the index is broken.
    });
  }

  totals(filter: ThreadFilter): Totals {
    const rights = anyOf(rangesOf(filter, this.#names).map(({ condition }) => condition));
    const { sql, values } = allOf([rights, restOf(filter, this.#names)]);
    const totals = this.#database
      .query<Totals, (string | number)[]>(
        `SELECT count(*) AS threads, total(messages) AS messages, total(input) AS input, total(cached) AS cached,
          total(output) AS output, total(cost) AS cost FROM thread WHERE ${sql}`,
      )
      .get(...values);
    return totals ?? { threads: 0, messages: 0, input: 0, cached: 0, output: 0, cost: 0 };
  }
}

const placeOf = (after: ThreadPlace | undefined): Condition[] =>
  after ? [{ sql: "(active_ms, id) < (?, ?)", values: [after.activeMs, after.id] }] : [];

/** As SQLite compares: times, then ids by their bytes. */
const newerFirst = (one: Place, other: Place) =>
  other.active_ms - one.active_ms || Buffer.compare(Buffer.from(other.id), Buffer.from(one.id));
