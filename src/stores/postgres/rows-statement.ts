// A statement over many rows that are given as parameters: an array a column, put side by side by `unnest`. Its text does not
// depend on how many rows there are, so it is prepared once.

import type { Answer, Parameter, Run } from "./postgres-connection.ts";

export type Value = string | number | boolean | null | Uint8Array;
/** Names of columns, with the type of each. */
export type Columns = Readonly<Record<string, string>>;
export type RowOf<C extends Columns> = { readonly [name in keyof C]: Value };

/** Sends nothing when there are no rows. @param more parameters behind those of the columns */
export type RowsStatement<C extends Columns, Row> = (
  run: Run,
  rows: readonly RowOf<C>[],
  more?: readonly Parameter[],
) => Promise<Answer<Row>>;

/** @param textOf what to do with the rows, which are the table that it is given */
export function rowsStatement<C extends Columns, Row = never>(
  columns: C,
  textOf: (table: string) => string,
): RowsStatement<C, Row> {
  const names = Object.keys(columns);
  const arrays = names.map((name, index) => `$${index + 1}::${columns[name]}[]`);
  const text = textOf(`unnest(${arrays.join(", ")}) AS n(${names.join(", ")})`);
  return async (run, rows, more = []) => {
    if (rows.length === 0) return Object.assign([], { affectedRows: 0, command: null });
    const parameters: Parameter[] = names.map((name) => literalOf(rows, name));
    return run<Row>(text, [...parameters, ...more]);
  };
}

/** A column as the text of an array. Written here, since what the client makes of an array costs it three times as much. */
function literalOf(rows: readonly Readonly<Record<string, Value>>[], name: string): string {
  let literal = "{";
  for (const row of rows) literal += literal === "{" ? elementOf(row[name]) : `,${elementOf(row[name])}`;
  return `${literal}}`;
}

function elementOf(value: Value | undefined): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `"${SPECIAL.test(value) ? value.replaceAll(SPECIALS, "\\$&") : value}"`;
  if (value instanceof Uint8Array) return `"\\\\x${value.toHex()}"`;
  return value === null || value === undefined ? "NULL" : String(value);
}

const SPECIAL = /["\\]/;
const SPECIALS = /["\\]/g;
