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
    const parameters: Parameter[] = names.map((name) => rows.map((row) => row[name] as Value));
    return run<Row>(text, [...parameters, ...more]);
  };
}
