// Takes words apart into the terms that texts and questions are compared by: parts of camelCase, snake_case and digits, in lower case, without
// the commonest English endings; a word of several parts counts as a whole too. A pure function of the word: the lexicon remembers the answers.

const PART = /\p{Lu}+(?!\p{Ll})|[\p{Lu}\p{Lt}]?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{M}]+/gu;
export const PARTS_MAX = 12;
export const TERM_UNITS_MAX = 64;
const VOWEL = /[aeiouy]/;

/** Distinct terms in order of first occurrence; the whole comes last, and only where there are several parts. */
export function splitWord(word: string): readonly string[] {
  const parts = partsOf(word.slice(0, TERM_UNITS_MAX * 2));
  if (parts.length === 0) return [];
  const terms: string[] = [];
  const add = (term: string) => {
    const cut = term.slice(0, TERM_UNITS_MAX);
    if (!terms.includes(cut)) terms.push(cut);
  };
  for (let index = 0; index < parts.length && index < PARTS_MAX; index++) {
    const part = parts[index] ?? "";
    if (part.length > 1) add(stem(part.toLowerCase()));
  }
  if (parts.length > 1) add(parts.join("").toLowerCase());
  return terms;
}

/** As PART finds them, which is slow; nearly all words are ASCII. */
export function partsOf(word: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < word.length; ) {
    const from = at;
    let kind = kindOf(word.charCodeAt(at));
    if (kind === OTHER) return word.match(PART) ?? [];
    do at++;
    while (at < word.length && kindOf(word.charCodeAt(at)) === kind);
    if (kind === UPPER && at < word.length && kindOf(word.charCodeAt(at)) === LOWER) {
      // The last of several capitals begins the next part.
      if (at - from > 1) parts.push(word.slice(from, --at));
      else {
        kind = LOWER;
        while (at < word.length && kindOf(word.charCodeAt(at)) === kind) at++;
        parts.push(word.slice(from, at));
      }
    } else if (kind !== BETWEEN) parts.push(word.slice(from, at));
  }
  return parts;
}

const [UPPER, LOWER, DIGIT, BETWEEN, OTHER] = [0, 1, 2, 3, 4];

function kindOf(unit: number): number | undefined {
  if (unit >= 97 && unit <= 122) return LOWER;
  if (unit >= 65 && unit <= 90) return UPPER;
  if (unit >= 48 && unit <= 57) return DIGIT;
  return unit < 128 ? BETWEEN : OTHER;
}

/**
 * Makes forms of one word alike: caches, cached, caching and cache; migrations, migrate and migration. A few rules in the manner of
 * M. F. Porter's "An algorithm for suffix stripping" (1980); what they make is no word, and two words seldom become one.
 */
export function stem(word: string): string {
  let base = withoutPlural(word);
  if (base.length > 5 && base.endsWith("ing")) base = withoutEnding(base, 3);
  else if (base.length > 4 && base.endsWith("ed")) base = withoutEnding(base, 2);
  else if (base.length > 6 && /[st]ion$/.test(base)) base = base.slice(0, -3);
  return base.length > 4 && base.endsWith("e") ? base.slice(0, -1) : base;
}

function withoutPlural(word: string): string {
  if (word.length < 4 || !word.endsWith("s") || /(?:ss|us|is)$/.test(word)) return word;
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  return /(?:ss|x|ch|sh|zz)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

function withoutEnding(word: string, units: number): string {
  const base = word.slice(0, -units);
  if (!VOWEL.test(base)) return word;
  const isDoubled = base.length > 3 && base.at(-1) === base.at(-2) && !/[lsz]$/.test(base);
  return isDoubled ? base.slice(0, -1) : base;
}
