// The oracle's query of each language. One file a language in queries/, one line here.

import type { Language } from "../record.ts";
import type { OracleQuery } from "./oracle-query.ts";
import { c, cpp } from "./queries/c.ts";
import { csharp } from "./queries/csharp.ts";
import { go } from "./queries/go.ts";
import { java } from "./queries/java.ts";
import { kotlin } from "./queries/kotlin.ts";
import { php } from "./queries/php.ts";
import { python } from "./queries/python.ts";
import { ruby } from "./queries/ruby.ts";
import { rust } from "./queries/rust.ts";
import { scala } from "./queries/scala.ts";
import { javascript, tsx, typescript } from "./queries/script.ts";
import { shell } from "./queries/shell.ts";
import { swift } from "./queries/swift.ts";

export const oracleQueries: ReadonlyMap<Language, OracleQuery> = new Map<Language, OracleQuery>([
  ["typescript", typescript],
  ["tsx", tsx],
  ["javascript", javascript],
  ["go", go],
  ["python", python],
  ["ruby", ruby],
  ["shell", shell],
  ["java", java],
  ["csharp", csharp],
  ["rust", rust],
  ["c", c],
  ["cpp", cpp],
  ["kotlin", kotlin],
  ["php", php],
  ["swift", swift],
  ["scala", scala],
]);
