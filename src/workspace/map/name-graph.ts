// Which files use names that which files define: file -> name -> definer, kept as two lists of postings instead of an edge for each pair of
// files (which would be twenty times as many). A file that defines a name itself means its own. Names are numbered by first use in the order of
// paths, so that the arrays are the same however the analysis came about.

import type { Lexicon } from "./lexicon.ts";
import type { RecordForm } from "./record-form.ts";

export interface NameGraph {
  readonly fileCount: number;
  readonly nameCount: number;
  /** Uses of file f are at useStarts[f] to useStarts[f + 1]. */
  readonly useStarts: Uint32Array;
  readonly useNames: Uint32Array;
  /** What a use says of each definer of the name. */
  readonly useWeights: Float64Array;
  /** Of each file, one over the sum of its uses' weights over their definers; 0: it points nowhere. */
  readonly shares: Float64Array;
  /** Names that file f defines and others use are at definedStarts[f] to definedStarts[f + 1], in the order of definitions. */
  readonly definedStarts: Uint32Array;
  readonly definedNames: Uint32Array;
  /** The graph's number of a word of the lexicon, plus one; 0: it is not in the graph. */
  readonly nameOfWord: Uint32Array;
}

const FIRST_WORDS = 1024;
const LONG_NAME_LETTERS = 8;
const LONG_NAME_WEIGHT = 10;
const PRIVATE_WEIGHT = 0.1;
const COMMON_DEFINERS = 5;
const COMMON_WEIGHT = 0.1;

/** What names say by how they look, remembered by word. */
export class NameLooks {
  readonly #lexicon: Lexicon;
  /** 0: not looked at. */
  #weights = new Float64Array(FIRST_WORDS);

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
  }

  of(word: number): number {
    if (word >= this.#weights.length) {
      const grown = new Float64Array(2 * this.#lexicon.wordCount);
      grown.set(this.#weights);
      this.#weights = grown;
    }
    const known = this.#weights[word] as number;
    if (known > 0) return known;
    const weight = this.#weigh(word);
    this.#weights[word] = weight;
    return weight;
  }

  #weigh(word: number): number {
    const { bytes, starts } = this.#lexicon.allWords;
    const [from, to] = [starts[word] ?? 0, starts[word + 1] ?? 0];
    const isTelling = to - from >= LONG_NAME_LETTERS && isJoined(bytes, from, to) && isLong(bytes, from, to);
    return (isTelling ? LONG_NAME_WEIGHT : 1) * (bytes[from] === UNDERSCORE ? PRIVATE_WEIGHT : 1);
  }
}

/** @param looks for the same lexicon */
export function buildNameGraph(
  forms: readonly RecordForm[],
  lexicon: Lexicon,
  looks: NameLooks = new NameLooks(lexicon),
): NameGraph {
  const definersOfWord = countDefiners(forms, lexicon.wordCount);
  const nameOfWord = new Uint32Array(lexicon.wordCount);
  const uses = usesOf(forms, definersOfWord, nameOfWord, looks);
  return { fileCount: forms.length, ...uses, ...definedIn(forms, nameOfWord, uses.nameCount), nameOfWord };
}

/** How many files define each word. */
function countDefiners(forms: readonly RecordForm[], wordCount: number): Uint32Array {
  const definers = new Uint32Array(wordCount);
  const stamps = new Uint32Array(wordCount);
  for (let file = 0; file < forms.length; file++) {
    const { definitionNames } = forms[file] as RecordForm;
    for (let at = 0; at < definitionNames.length; at++) {
      const word = definitionNames[at] as number;
      if (stamps[word] === file + 1) continue;
      stamps[word] = file + 1;
      definers[word] = (definers[word] as number) + 1;
    }
  }
  return definers;
}

/** Numbers words that are defined and occur in code, by first occurrence, while it goes through all that occur. */
function usesOf(forms: readonly RecordForm[], definers: Uint32Array, nameOfWord: Uint32Array, looks: NameLooks) {
  const usesMax = forms.reduce((sum, { identifiers }) => sum + identifiers.length, 0);
  const useStarts = new Uint32Array(forms.length + 1);
  const useNames = new Uint32Array(usesMax);
  const useWeights = new Float64Array(usesMax);
  const shares = new Float64Array(forms.length);
  const factors = new Float64Array(definers.length);
  const stamps = new Uint32Array(definers.length);
  let [nameCount, used] = [0, 0];
  for (let file = 0; file < forms.length; file++) {
    const { definitionNames, identifiers, identifierCounts } = forms[file] as RecordForm;
    for (let at = 0; at < definitionNames.length; at++) stamps[definitionNames[at] as number] = file + 1;
    let sum = 0;
    for (let at = 0; at < identifiers.length; at++) {
      const word = identifiers[at] as number;
      const definerCount = definers[word] as number;
      if (definerCount === 0) continue;
      if (nameOfWord[word] === 0) {
        nameOfWord[word] = ++nameCount;
        factors[word] = looks.of(word) * (definerCount > COMMON_DEFINERS ? COMMON_WEIGHT : 1);
      }
      // Its own.
      if (stamps[word] === file + 1) continue;
      const weight = Math.sqrt(identifierCounts[at] as number) * (factors[word] as number);
      useNames[used] = (nameOfWord[word] as number) - 1;
      useWeights[used++] = weight;
      sum += weight * definerCount;
    }
    shares[file] = sum > 0 ? 1 / sum : 0;
    useStarts[file + 1] = used;
  }
  return { nameCount, useStarts, useNames: useNames.slice(0, used), useWeights: useWeights.slice(0, used), shares };
}

/** What each file defines of the names, once each. */
function definedIn(forms: readonly RecordForm[], nameOfWord: Uint32Array, nameCount: number) {
  const definedStarts = new Uint32Array(forms.length + 1);
  const definedNames = new Uint32Array(forms.reduce((sum, { definitionNames }) => sum + definitionNames.length, 0));
  const stamps = new Uint32Array(nameCount);
  let defined = 0;
  for (let file = 0; file < forms.length; file++) {
    const { definitionNames } = forms[file] as RecordForm;
    for (let at = 0; at < definitionNames.length; at++) {
      const name = (nameOfWord[definitionNames[at] as number] as number) - 1;
      if (name < 0 || stamps[name] === file + 1) continue;
      stamps[name] = file + 1;
      definedNames[defined++] = name;
    }
    definedStarts[file + 1] = defined;
  }
  return { definedStarts, definedNames: definedNames.slice(0, defined) };
}

/** Whether it is made of several words: /[a-z\d][A-Z_-]|[A-Z]_[A-Z]/. */
function isJoined(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) {
    const before = bytes[at - 1] as number;
    const byte = bytes[at] as number;
    const isJoint = byte === UNDERSCORE || byte === HYPHEN || isCapital(byte);
    if (isJoint && (isSmall(before) || isDigit(before))) return true;
    if (byte === UNDERSCORE && isCapital(before) && at + 1 < to && isCapital(bytes[at + 1] as number)) return true;
  }
  return false;
}

/** In UTF-16 units. */
function isLong(bytes: Uint8Array, from: number, to: number): boolean {
  let units = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    // Those that go on with a letter are none; one that begins four bytes stands for two units.
    if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1;
  }
  return units >= LONG_NAME_LETTERS;
}

const [UNDERSCORE, HYPHEN] = [95, 45];
const isCapital = (byte: number): boolean => byte >= 65 && byte <= 90;
const isSmall = (byte: number): boolean => byte >= 97 && byte <= 122;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
