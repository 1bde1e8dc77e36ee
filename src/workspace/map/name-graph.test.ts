import { expect, test } from "bun:test";
import fc from "fast-check";
import { Lexicon } from "./lexicon.ts";
import { NameLooks } from "./name-graph.ts";

test("what a name says by how it looks: long ones of several words most, those that begin with an underscore least", () => {
  const piece = fc.constantFrom("a", "zb", "Q", "XY", "_", "-", "$", "7", "é", "語", "😀", "\u0301");
  const name = fc.array(piece, { minLength: 1, maxLength: 14 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), (names) => {
      const lexicon = new Lexicon();
      const looks = new NameLooks(lexicon);
      for (const each of names) {
        const isTelling = each.length >= 8 && /[a-z\d][A-Z_-]|[A-Z]_[A-Z]/.test(each);
        expect([each, looks.of(lexicon.word(each))]).toEqual([each, (isTelling ? 10 : 1) * (each.startsWith("_") ? 0.1 : 1)]);
      }
    }),
  );
});
