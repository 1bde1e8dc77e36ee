import { expect, test } from "bun:test";
import fc from "fast-check";
import { jsonProblem } from "./config-json.ts";

test.each([
  ['{\n  "port": 1,\n}', 3, 1, "a name in double quotes"],
  ['{"a" 1}', 1, 6, "`:`"],
  ['{"a": 1 "b": 2}', 1, 9, "`,` or `}`"],
  ["[1 2]", 1, 4, "`,` or `]`"],
  ['{"a": tru}', 1, 7, "a value"],
  ['{"a": "no end', 1, 7, "a value"],
  ["{a: 1}", 1, 2, "a name in double quotes or `}`"],
  ["{} {}", 1, 4, "the end of the file"],
  ["", 1, 1, "a value"],
  ["// why\n{}", 1, 1, "a value"],
  ["[1,]", 1, 4, "a value"],
])("%j stops at line %i, column %i", (text, line, column, expected) => {
  expect(jsonProblem(text)).toEqual({ line, column, expected });
});

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test("agrees with JSON.parse on JSON, pretty or not", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2, "\t"), (text, indent) => {
      expect(jsonProblem(JSON.stringify(JSON.parse(text), null, indent))).toBeUndefined();
    }),
  );
});

test("agrees with JSON.parse on JSON with one character changed", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 1 }), (text, seed, inserted) => {
      const place = seed % (text.length + 1);
      const changed = text.slice(0, place) + inserted + text.slice(place + 1);
      expect(jsonProblem(changed) === undefined).toBe(isJson(changed));
    }),
    { numRuns: 500 },
  );
});
