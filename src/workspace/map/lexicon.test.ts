import { expect, test } from "bun:test";
import fc from "fast-check";
import { utf8 } from "../../base/index.ts";
import { ByteNumbers } from "./byte-numbers.ts";
import { Lexicon } from "./lexicon.ts";
import { PathForms } from "./path-forms.ts";
import { pathTerms, SORT_WEIGHTS, sortOf } from "./path-terms.ts";
import { splitWord } from "./split-words.ts";

const letters = fc.constantFrom(..."aeiouystdnglxhABS09_$-é語".split(""), "ing", "ed", "ies", "tion", "sses", "XML", "Http");
const wordsLike = fc
  .array(letters, { minLength: 1, maxLength: 20 })
  .chain((parts) => fc.constantFrom(1, 1, 1, 1, 9).map((times) => parts.join("").repeat(times)));

test("numbers are given in order of arrival, once a string, and found again", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 4 }), { maxLength: 3000 }), (names) => {
      const numbers = new ByteNumbers();
      const expected = [...new Set(names)];
      const of = (name: string) => numbers.of(utf8(name), 0, utf8(name).length);
      expect(names.map(of)).toEqual(names.map((name) => expected.indexOf(name)));
      expect(numbers.size).toBe(expected.length);
      expect(names.map((name) => numbers.find(utf8(name)))).toEqual(names.map(of));
      expect(numbers.find(utf8("never there"))).toBeUndefined();
    }),
    { numRuns: 30 },
  );
});

test("terms of words are those of splitWord, in its order", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(wordsLike, fc.string({ unit: "binary-ascii", minLength: 1 })), { maxLength: 40 }), (names) => {
      const lexicon = new Lexicon();
      const plain = names.filter((name) => name !== "" && !name.includes("\n"));
      const words = lexicon.words(utf8(plain.join("\n"))).slice();
      for (const [at, name] of plain.entries()) {
        const word = words[at] ?? -1;
        expect(lexicon.word(name)).toBe(word);
        expect(lexicon.name(word)).toBe(name);
        expect([...lexicon.terms(word)]).toEqual(splitWord(name).map((term) => lexicon.findTerm(term) ?? -1));
      }
      const terms = new Set(plain.flatMap(splitWord));
      expect(lexicon.termCount).toBe(terms.size);
    }),
  );
});

test("forms of paths say what their folders and names say together", () => {
  const name = fc.oneof(
    wordsLike,
    fc.constantFrom("index", "src", "tests", "dist", "test_", "vendor", "docs", "language-model", "données", "lib", "x.test"),
  );
  const path = fc
    .tuple(fc.array(name, { maxLength: 4 }), name, fc.constantFrom("", ".ts", ".min.js", "_pb2.py", ".spec.ts", ".x.é"))
    .map(([folders, last, ending]) => [...folders, `${last}${ending}`].join("/"));
  fc.assert(
    fc.property(fc.array(path, { maxLength: 20 }), (paths) => {
      const lexicon = new Lexicon();
      const forms = new PathForms(lexicon);
      for (const each of paths) {
        const form = forms.of(each);
        const expected = pathTerms(each);
        expect([...form.pathTerms]).toEqual([...expected.keys()].map((term) => lexicon.findTerm(term) ?? -1));
        expect([...form.pathCounts]).toEqual([...expected.values()]);
        expect(form.weight).toBe(SORT_WEIGHTS[sortOf(each)]);
      }
    }),
  );
});
