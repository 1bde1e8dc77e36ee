import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { splice, text, utf8 } from "../../base/index.ts";
import { topLevelStringRange } from "./json-range.ts";

function valueAt(body: string, key = "model"): string | undefined {
  const bytes = utf8(body);
  const range = topLevelStringRange(bytes, key);
  return range && text(bytes.subarray(range.start, range.end));
}

describe("topLevelStringRange", () => {
  test("finds the value JSON.parse finds, among hostile neighbours", () => {
    const key = fc.constantFrom("model", "models", "mode", 'mo"del', "a\\", "__proto__", "", "mödel");
    const member = fc.tuple(
      key,
      fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('"model": "x"', "\\", '\\"', "é\u2028")),
    );
    const space = fc.constantFrom("", " ", "\n\t ", "\r\n");
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), space, key, (members, gap, wanted) => {
        const parts = members.map(
          ([name, value]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(value, null, gap)}${gap}`,
        );
        const body = `${gap}{${parts.length === 0 ? gap : parts.join(",")}}${gap}`;
        const expected = members.findLast(([name]) => name === wanted)?.[1];
        const found = valueAt(body, wanted);
        expect(found === undefined ? undefined : JSON.parse(found)).toEqual(typeof expected === "string" ? expected : undefined);
      }),
      { numRuns: 500 },
    );
  });

  test("is not confused by the word inside strings, objects and arrays", () => {
    expect(valueAt('{"a":{"model":"in"},"b":["model","x",{"model":"y"}],"c":"\\"model\\":\\"z\\"","model" : "out"}')).toBe(
      '"out"',
    );
    expect(valueAt('{"metadata":{"model":"in"}}')).toBeUndefined();
    expect(valueAt('{"model":"a\\\\","x":"\\\\\\""}')).toBe('"a\\\\"');
  });

  test("lets the last duplicate win, also one spelt with escapes", () => {
    expect(valueAt('{"model":"a","x":1,"model":"b"}')).toBe('"b"');
    expect(valueAt('{"model":"a","\\u006dodel":"b"}')).toBe('"b"');
    expect(valueAt('{"model":"a","model":7}')).toBeUndefined();
  });

  test("reads past a byte order mark", () => {
    expect(valueAt('\ufeff {"model":"a"}')).toBe('"a"');
  });

  test("answers undefined on anything that is no object, and never throws on broken text", () => {
    const whole = '{"m":[1,{"a":"\\""}],"model":"x","z":null}';
    for (let length = 0; length < whole.length; length++) expect(valueAt(whole.slice(0, length))).toBeUndefined();
    for (const body of ["[]", '"model"', "null", '{"model"}', '{"model":', '{model:"x"}', '{"model":"x"', '{"\\u00zz":"x"}']) {
      expect(valueAt(body)).toBeUndefined();
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void topLevelStringRange(bytes, "model")));
  });

  test("serves an edit that changes nothing else", () => {
    const body = utf8('{ "model" : "fast",\n "messages": [ ] }');
    const range = topLevelStringRange(body, "model");
    expect(range && text(splice(body, range.start, range.end, utf8('"claude"')))).toBe(
      '{ "model" : "claude",\n "messages": [ ] }',
    );
  });
});
