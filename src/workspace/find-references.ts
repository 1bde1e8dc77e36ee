// Where a name is used: lines that have it as a whole word, in the files in whose code it is. Comments and strings of those files count too.

import { MillraceError } from "../base/index.ts";
import type { MapEntry } from "./map/analysis.ts";
import { HeldRecord, heldNames } from "./records/record-codec.ts";
import type { GrepAnswer } from "./search/search-files.ts";

export interface FoundReference {
  readonly path: string;
  readonly line: number;
  /** Of the first in the line, in bytes of UTF-8, from 1. */
  readonly column: number;
  /** The line; a long one is cut around the name. */
  readonly text: string;
  readonly isDefinition: boolean;
}

export interface FoundReferences {
  /** Definitions first; within both in the order of paths and lines. */
  readonly references: readonly FoundReference[];
  /** False: there are more. */
  readonly isComplete: boolean;
}

const NAME_MAX = 200;
const LIMIT_MAX = 1000;

/** Throws `option_invalid` for a name or a limit that is none. */
export function checkReferences(name: string, limit: number): void {
  if (
    name.length <= NAME_MAX &&
    /^[\p{L}\p{N}_$@?!-]+$/u.test(name) &&
    Number.isInteger(limit) &&
    limit >= 1 &&
    limit <= LIMIT_MAX
  )
    return;
  throw new MillraceError(
    "option_invalid",
    `Write one whole name of at most ${NAME_MAX} characters, such as FairQueue, and a limit from 1 to ${LIMIT_MAX}.`,
  );
}

/** @param found all lines with the name as a whole word */
export function referencesIn(entries: readonly MapEntry[], name: string, limit: number, found: GrepAnswer): FoundReferences {
  const recordOf = new Map(entries.map(({ path, record }) => [path, record]));
  const known = new Map<string, { readonly isUser: boolean; readonly lines: ReadonlySet<number> }>();
  const lookAt = (path: string) => {
    const record = recordOf.get(path);
    const isUser = record !== undefined && (record.tier === "words" || heldNames(record).identifiers.names.includes(name));
    const definitions = (record instanceof HeldRecord ? record.head() : record)?.definitions ?? [];
    return { isUser, lines: new Set(definitions.filter((each) => each.name === name).map(({ line }) => line)) };
  };
  const [definitions, uses]: [FoundReference[], FoundReference[]] = [[], []];
  for (const { path, line, column, text } of found.matches) {
    let file = known.get(path);
    if (!file) {
      file = lookAt(path);
      known.set(path, file);
    }
    const isDefinition = file.lines.has(line);
    if (isDefinition) definitions.push({ path, line, column, text, isDefinition });
    else if (file.isUser) uses.push({ path, line, column, text, isDefinition });
  }
  const all = [...definitions, ...uses];
  return { references: all.slice(0, limit), isComplete: found.isComplete && all.length <= limit };
}
