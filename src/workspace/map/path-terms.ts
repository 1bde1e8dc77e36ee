// What a path says: its terms, and what sort of file it names. Tests, vendored and generated files are ranked like others and then take less
// weight, unless the question is about such files; nothing is hidden.

import { splitWord } from "./split-words.ts";

export type PathSort = "source" | "test" | "aside" | "generated" | "vendored";

const TEST =
  /(?:^|\/)(?:tests?|testing|specs?|__tests?__|__mocks__|e2e|fixtures?|__fixtures__)\/|(?:^|\/)(?:test_|conftest\.)|[._-](?:test|spec|e2e|test-d)\.\w+$/i;
const ASIDE = /(?:^|\/)(?:examples?|samples?|demos?|docs?|bench(?:mark)?s?)\//i;
const GENERATED =
  /(?:^|\/)(?:dist|build|out|generated|__generated__|coverage)\/|[._-](?:min|bundle|generated|gen|pb)\.\w+$|_pb2(?:_grpc)?\.pyi?$/i;
const VENDORED = /(?:^|\/)(?:node_modules|vendor|vendored|third[_-]party|_vendor)\//i;

/** How much of its score a file keeps, by its sort. */
export const SORT_WEIGHTS: Readonly<Record<PathSort, number>> = {
  source: 1,
  aside: 0.7,
  test: 0.6,
  generated: 0.3,
  vendored: 0.2,
};

/** Of the sorts that fit, the one that weighs least. */
export function sortOf(path: string): PathSort {
  if (VENDORED.test(path)) return "vendored";
  if (GENERATED.test(path)) return "generated";
  if (TEST.test(path)) return "test";
  return ASIDE.test(path) ? "aside" : "source";
}

/** What a name says of a file, against 1 for a folder. */
export const NAME_COUNT = 3;
/** Names that say no more than the folder they stand in. */
const NAMELESS = /^(?:index|__init__|__main__|mod|main|lib)\.\w+$/i;
const NAMELESS_FOLDER = /^(?:src|lib|source|dist)$/i;
const ENDING = /\.[A-Za-z]\w{0,9}$/;
/** What is between words and between parts of words: in any letters, which is slow, and in those of ASCII. */
const BETWEEN = { any: /[^\p{L}\p{N}_$]+/u, plain: /[^A-Za-z0-9_$]+/ } as const;
const JOINTS = { any: /[^\p{L}\p{N}]+/u, plain: /[^A-Za-z0-9]+/ } as const;
const PLAIN = /^[ -~]*$/;

/** Terms of all parts of a path but the ending of its name, each with how often it occurs; those of the name, or of what names it, more often. */
export function pathTerms(path: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const parts = path.split("/");
  const last = parts.length - 1;
  const naming = isNameless(parts[last] ?? "") ? namingPart(parts.slice(0, last)) : -1;
  parts.forEach((part, at) => {
    const count = at === last || at === naming ? NAME_COUNT : 1;
    for (const term of partTerms(at === last ? withoutEnding(part) : part)) counts.set(term, (counts.get(term) ?? 0) + count);
  });
  return counts;
}

/** Of a folder's name, or a file's without its ending: in their order, and as often as they count. */
export function partTerms(part: string): readonly string[] {
  const kind = PLAIN.test(part) ? "plain" : "any";
  const terms = part.split(BETWEEN[kind]).flatMap(splitWord);
  // `language-model` is mentioned as languageModel too.
  const words = part.split(JOINTS[kind]).filter((word) => word !== "");
  return words.length > 1 ? [...terms, words.join("").toLowerCase()] : terms;
}

export const withoutEnding = (name: string): string => name.replace(ENDING, "");

/** Whether the name of a file says no more than its folder. */
export const isNameless = (name: string): boolean => NAMELESS.test(name);

/** Which part of its folders a file is known by that has no name of its own: `pool` in pool/src/index.ts; -1: there is none. */
export function namingPart(folders: readonly string[]): number {
  let at = folders.length - 1;
  while (at > 0 && NAMELESS_FOLDER.test(folders[at] ?? "")) at--;
  return at;
}
