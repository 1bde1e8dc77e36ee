// The oracle's query of each language. One file a language in queries/, one line here.

import type { Language } from "../record.ts";
import type { OracleQuery } from "./oracle-query.ts";
import { javascript, tsx, typescript } from "./queries/script.ts";

export const oracleQueries: ReadonlyMap<Language, OracleQuery> = new Map<Language, OracleQuery>([
  ["typescript", typescript],
  ["tsx", tsx],
  ["javascript", javascript],
]);
