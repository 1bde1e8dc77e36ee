import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError, seededRandom } from "../../base/index.ts";
import { canonicalFault, canonicalJson, DEPTH_MAX } from "./canonical-json.ts";

/** JSON text of the same value with the keys of every object in another order. */
function shuffledText(value: unknown, below: (bound: number) => number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => shuffledText(item, below)).join(",")}]`;
  const fields = Object.entries(value).map(([key, child]) => `${JSON.stringify(key)}:${shuffledText(child, below)}`);
  for (let at = fields.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [fields[at], fields[other]] = [fields[other] as string, fields[at] as string];
  }
  return `{${fields.join(",")}}`;
}

const json = fc.json({ maxDepth: 5, stringUnit: "binary" }).filter((body) => canonicalFault(JSON.parse(body)) === undefined);

describe("canonicalJson", () => {
  test("gives one text for every order of keys", () => {
    fc.assert(
      fc.property(json, fc.nat(), (body, seed) => {
        const value: unknown = JSON.parse(body);
        const shuffled: unknown = JSON.parse(shuffledText(value, seededRandom(seed).below));
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
      }),
    );
  });

  test("gives a text that parses back to the value, so different values have different texts", () => {
    fc.assert(
      fc.property(json, (body) => {
        const value: unknown = JSON.parse(body);
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  test("tells apart what only looks alike", () => {
    const bodies = [
      '{"a":1}',
      '{"a":"1"}',
      '{"a":[1]}',
      '{"a":null}',
      "{}",
      '{"__proto__":1}',
      '{"a":"A"}',
      '{"a":"1 "}',
      '{"A":1}',
    ];
    const texts = bodies.map((body) => canonicalJson(JSON.parse(body)));
    expect(new Set(texts).size).toBe(bodies.length);
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"z":1,"y":2}}'))).toBe('{"__proto__":{"y":2,"z":1},"b":1}');
    expect(canonicalJson(JSON.parse('"\\ud800"'))).not.toBe(canonicalJson(JSON.parse('"\ufffd"')));
  });

  test("takes the last of duplicate keys, and integer keys in their one order", () => {
    expect(canonicalJson(JSON.parse('{"a":1,"a":2}'))).toBe('{"a":2}');
    expect(canonicalJson(JSON.parse('{"b":0,"10":0,"9":0}'))).toBe(canonicalJson(JSON.parse('{"9":0,"10":0,"b":0}')));
  });

  test("leaves out what it is told to, by path", () => {
    const value = { stream: true, list: [{ stream: 1, id: 2 }], deep: { id: 3 } };
    const seen: string[] = [];
    const body = canonicalJson(value, (path, key) => {
      seen.push([...path, key].join("."));
      return (path.length === 0 && key === "stream") || (path.at(-1) === "[]" && key === "id");
    });
    expect(body).toBe('{"deep":{"id":3},"list":[{"stream":1}]}');
    expect(seen).toEqual(["deep", "deep.id", "list", "list.[].id", "list.[].stream", "stream"]);
  });

  test("refuses, in both forms, what has no text of its own", () => {
    const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    const bad = [nested(DEPTH_MAX + 1), nested(100_000), { a: [-0] }, JSON.parse("[1e400]"), 2 ** 53, { a: { b: -(2 ** 60) } }];
    for (const value of bad) {
      expect(canonicalFault(value)).toBeString();
      expect(() => canonicalJson(value)).toThrow(MillraceError);
      expect(() => canonicalJson(value, () => false)).toThrow(MillraceError);
    }
    for (const value of [nested(DEPTH_MAX), 0, 1e-7, 2 ** 53 - 1]) {
      expect(canonicalFault(value)).toBeUndefined();
      expect(canonicalJson(value)).toBe(canonicalJson(value, () => false));
    }
  });
});
