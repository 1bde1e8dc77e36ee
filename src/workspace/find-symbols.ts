// Where a name is defined: the same name first, then in another case, then names that begin with it, then those that have it within. Records that do
// not hold its letters are passed over by their bytes.

import { MillraceError, text } from "../base/index.ts";
import type { MapEntry } from "./map/analysis.ts";
import { heldNames } from "./records/record-codec.ts";
import type { Definition } from "./scan/record.ts";

export interface FoundSymbol extends Omit<Definition, "parent"> {
  readonly path: string;
  /** The name of what it is defined in. */
  readonly parent?: string;
}

export interface FoundSymbols {
  readonly symbols: readonly FoundSymbol[];
  /** False: there are more. */
  readonly isComplete: boolean;
}

const NAME_MAX = 200;
const LIMIT_MAX = 1000;

/** Throws `option_invalid` for a name or a limit that is none. */
export function findSymbols(entries: readonly MapEntry[], name: string, limit: number): FoundSymbols {
  if (name === "" || name.length > NAME_MAX || !Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new MillraceError(
      "option_invalid",
      `Name what to find in at most ${NAME_MAX} characters, and a limit from 1 to ${LIMIT_MAX}.`,
    );
  }
  const mayHold = searcherFor(name);
  const found: { readonly rank: number; readonly symbol: FoundSymbol }[] = [];
  for (const { path, record } of entries) {
    if (!mayHold(heldNames(record).lines)) continue;
    const { definitions } = record;
    for (const { parent, ...definition } of definitions) {
      const rank = rankOf(definition.name, name);
      if (rank === undefined) continue;
      const outer = definitions[parent]?.name;
      found.push({ rank, symbol: { path, ...definition, ...(outer === undefined ? {} : { parent: outer }) } });
    }
  }
  // By rank; within it in the order of paths and lines, as they were found.
  found.sort((a, b) => a.rank - b.rank);
  return { symbols: found.slice(0, limit).map(({ symbol }) => symbol), isComplete: found.length <= limit };
}

/** Lower is better; undefined: not at all. */
function rankOf(defined: string, name: string): number | undefined {
  if (defined === name) return 0;
  const [lower, wanted] = [defined.toLowerCase(), name.toLowerCase()];
  if (lower === wanted) return 1;
  if (lower.startsWith(wanted)) return 2;
  return lower.includes(wanted) ? 3 : undefined;
}

/** Whether lines may hold the name in any case. Of letters beyond ASCII that is not known: they may. */
function searcherFor(name: string): (lines: Uint8Array) => boolean {
  if (!/^[\0-\x7f]+$/.test(name)) return () => true;
  const wanted = name.toLowerCase();
  return (lines) => text(lines).toLowerCase().includes(wanted);
}
