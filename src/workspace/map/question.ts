// Reads a question, an issue or a commit message as weighted terms, scopes and mentioned paths. Knows no repository: what of it is rare, and
// which files have it, is for the index to say. Long questions are cut, not refused.

import { partsOf, splitWord, stem } from "./split-words.ts";

export interface Question {
  /** Terms with their weights, in order of first occurrence. */
  readonly terms: ReadonlyMap<string, number>;
  /** Terms that name a part of the repository: `fix(client):`, mentioned folders and packages. */
  readonly scopes: ReadonlyMap<string, number>;
  /** Paths, ends of paths and file names as written, without `./` and line numbers. */
  readonly paths: readonly string[];
}

export interface QuestionWeights {
  /** Of the first line, against 1 for the others. */
  readonly title: number;
  /** Of parts of a name, against 1 for a word of its own. */
  readonly part: number;
  /** Of a name of several parts as a whole. */
  readonly whole: number;
  /** Of two words in a row as one name: `source map` as sourceMap. */
  readonly pair: number;
  /** How soon saying a term again stops to say more. */
  readonly saturation: number;
  /** Of a term in a path, against 1 for a scope. */
  readonly mention: number;
}

export const questionWeights: QuestionWeights = {
  title: 6,
  part: 0.6,
  whole: 1.6,
  pair: 0.3,
  saturation: 2,
  mention: 0.5,
};

export const QUESTION_UNITS_MAX = 20_000;
const PATHS_MAX = 50;
const WORD = /[\p{L}_$][\p{L}\p{M}\p{N}_$]*(?:-[\p{L}\p{N}]+)*/gu;
const PATH = /@?[\w.-]+(?:\/[\w@.[\]$-]+)+|\b[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{1,5}\b/g;
/** Of "Conventional Commits" (conventionalcommits.org): its type says what was done, its scope where. */
const PREFIX = /^(?:fix|feat|feature|chore|docs?|style|refactor|perf|tests?|build|ci|revert)(?:\(([^)\n]{1,80})\))?!?:/i;
/** What stands between words that make one name. */
const JOINT = /^[ \t]$/;
/** Of reStructuredText: :class:`.Table` is about Table. */
const ROLE = /:[a-z]+:(?=`)/g;
/** Lines that say who and where, not what. */
const TRAILER =
  /^\s*(?:[A-Z][\w-]*-(?:by|id|sha|request)|change-id|closes|fixes|references|resolves|see also|pull-request|refs?):?\s.*$/gim;
const NOISE = /<!--[\s\S]*?-->|https?:\/\/\S+|\b[0-9a-f]{12,64}\b|\b[A-Z]{2,6}-\d+\b|\S+@\S+\.\w+|^\s*[-*] \[[ x]\].*$/gm;
const STOP_WORDS = new Set(
  `a about add added adds after all allow also am an and any are as at avoid be because been before being below between both bug build but by can cannot case
  cases change changed changes chore ci code commit could did do docs does doing don done each ensure existing feat feature few file files fix fixed fixes fixing
  follow following for from further had has have having he her here him his how if implement implementation implemented improve in instead into is issue it its
  itself just like made make makes making may me merge might minor more most much must my need needed needs new no nor not now of off on once only or other our
  out over own please pr previous previously pull refactor refs related remove removed removes removing request same see several she should since so some
  still such summary support supported than that the their them then there these they this those through to too under until up update updated updates upon use used uses
  using very via was we were what when where which while who why will with within without would yet you your courtesy background verification
  manual checklist tests tested co authored signed off closes resolves reported regression`
    .split(/\s+/)
    .map((word) => stem(word)),
);

export function readQuestion(text: string, weights: QuestionWeights = questionWeights): Question {
  const whole = text.slice(0, QUESTION_UNITS_MAX);
  const clean = whole.replace(ROLE, "").replace(TRAILER, "").replace(NOISE, " ").trim();
  const titleEnd = (clean.indexOf("\n") + 1 || clean.length + 1) - 1;
  const [prefix = "", scope = ""] = PREFIX.exec(clean) ?? [];
  const scopes = new Map<string, number>();
  addWords(scopes, scope, 1, weights);
  const paths = mentionedPaths(clean);
  for (const path of paths) addWords(scopes, path.replace(/\.[A-Za-z]{1,5}$/, ""), weights.mention, weights);
  const counts = new Map<string, number>();
  const title = `${scope} ${clean.slice(prefix.length, titleEnd)}`;
  addWords(counts, title, weights.title, weights);
  addWords(counts, clean.slice(titleEnd), 1, weights);
  const terms = new Map<string, number>();
  for (const [term, count] of counts) terms.set(term, (count * (weights.saturation + 1)) / (count + weights.saturation));
  return { terms, scopes, paths };
}

function addWords(into: Map<string, number>, text: string, weight: number, weights: QuestionWeights): void {
  const add = (term: string, by: number) => {
    if (!STOP_WORDS.has(term)) into.set(term, (into.get(term) ?? 0) + weight * by);
  };
  let [before, end] = ["", 0];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const terms = splitWord(word);
    const last = terms.length - 1;
    terms.forEach((term, at) => {
      add(term, last === 0 ? 1 : at === last ? weights.whole : weights.part);
    });
    const joined = partsOf(word).join("").toLowerCase();
    if (before !== "" && JOINT.test(text.slice(end, index))) {
      add(before + joined, weights.pair);
      if (joined.endsWith("s")) add(before + joined.slice(0, -1), weights.pair);
    }
    [before, end] = [joined, index + word.length];
  }
}

function mentionedPaths(text: string): readonly string[] {
  const paths = new Set<string>();
  for (const [match] of text.matchAll(PATH)) {
    const path = match.replace(/^(?:\.{1,2}\/)+/, "").replace(/\.+$/, "");
    if (path.length > 2 && paths.size < PATHS_MAX) paths.add(path);
  }
  return [...paths];
}
