// Tenants, users and teams as numbers. A user or team of one tenant has another number than the same name in another one,
// so a number alone keeps tenants apart. Numbers never change, so what was looked up is remembered, up to a bound.

import type { Database } from "bun:sqlite";
import { MillraceError } from "../../base/index.ts";

const NAMES_MAX = 20_000;
const kinds = { tenant: 0, user: 1, team: 2 } as const;

export type NameKind = keyof typeof kinds;

export class ThreadNames {
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Map<number, string>();
  readonly #find;
  readonly #text;
  readonly #add;

  constructor(database: Database) {
    // Whether the row, which the index leads to, is the one.
    this.#find = database.query<{ number: number; same: number }, [string, number, string]>(
      `SELECT row.number, (row.tenant, row.kind, row.name) = (entry.tenant, entry.kind, entry.name) AS same
        FROM name AS entry CROSS JOIN name AS row ON row.number = entry.number
        WHERE entry.tenant = ? AND entry.kind = ? AND entry.name = ?`,
    );
    this.#text = database.query<{ name: string }, [number]>(
      "SELECT iif(kind = 0, tenant, name) AS name FROM name WHERE number = ?",
    );
    this.#add = database.query<{ number: number }, [string, number, string]>(
      "INSERT INTO name (tenant, kind, name) VALUES (?, ?, ?) RETURNING number",
    );
  }

  /** Undefined: nothing was ever kept under it. For a tenant, `name` is "". */
  find(kind: NameKind, tenant: string, name: string): number | undefined {
    const key = `${kind}\0${tenant}\0${name}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(tenant, kinds[kind], name);
    if (!row) return undefined;
    if (row.same !== 1) throw new MillraceError("store_corrupt", "An index of the SQLite store leads to another name.");
    remember(this.#numbers, key, row.number);
    return row.number;
  }

  /** Gives it a number when it has none: for the writer, in a transaction. */
  take(kind: NameKind, tenant: string, name: string): number {
    const known = this.find(kind, tenant, name) ?? this.#add.get(tenant, kinds[kind], name)?.number;
    if (known === undefined) throw new Error("a row that was added has no number");
    remember(this.#numbers, `${kind}\0${tenant}\0${name}`, known);
    return known;
  }

  textOf(number: number): string {
    const known = this.#texts.get(number) ?? this.#text.get(number)?.name;
    if (known !== undefined) remember(this.#texts, number, known);
    return known ?? "";
  }

  /** After a transaction that was undone, with the numbers it gave. */
  forget(): void {
    this.#numbers.clear();
    this.#texts.clear();
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (map.size >= NAMES_MAX) map.clear();
  map.set(key, value);
}
