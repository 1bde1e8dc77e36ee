import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseScript } from "./script.ts";

describe("parseScript", () => {
  test("finds markers anywhere and leaves the prose", () => {
    const { markers, prose } = parseScript("Please [[think hard]]look [[tool read]] now");
    expect(prose).toBe("Please look  now");
    expect(markers).toEqual([
      { kind: "think", text: "hard" },
      { kind: "tool", name: "read", arguments: {}, joined: false },
    ]);
  });

  test("brackets and braces inside JSON arguments do not end a marker", () => {
    const args = { list: [[1, [2]]], text: 'a ]] } "quoted" \\' };
    const { markers, prose } = parseScript(`[[tool a ${JSON.stringify(args)}]] after [[also b {"x":{}} ]]`);
    expect(markers).toEqual([
      { kind: "tool", name: "a", arguments: args, joined: false },
      { kind: "tool", name: "b", arguments: { x: {} }, joined: true },
    ]);
    expect(prose).toBe(" after ");
  });

  test("any JSON object survives as arguments", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const json = JSON.stringify(args);
        const [marker] = parseScript(`say [[tool name ${json}]] then [[cut]]`).markers;
        expect(marker).toEqual({ kind: "tool", name: "name", arguments: JSON.parse(json), joined: false });
      }),
    );
  });

  test("arguments survive a command line that hands them on in quotes", () => {
    const args = { command: 'echo "a \\ b"', more: [1] };
    const quoted = `"run [[tool bash ${JSON.stringify(args)}]]"`.replaceAll('"', '\\"');
    expect(parseScript(quoted).markers).toEqual([{ kind: "tool", name: "bash", arguments: args, joined: false }]);
  });

  test.each([
    ["[[words 12]]", { kind: "words", count: 12 }],
    ["[[pace 20]]", { kind: "pace", ms: 20 }],
    ["[[error 529]]", { kind: "error", status: 529, retryAfterSeconds: undefined }],
    ["[[error 429 retry-after=2]]", { kind: "error", status: 429, retryAfterSeconds: 2 }],
    ["[[stream-error api_error]]", { kind: "stream-error", type: "api_error" }],
    ["[[stream-error]]", { kind: "stream-error", type: "overloaded_error" }],
    ["[[cut]]", { kind: "cut" }],
    ["[[silent]]", { kind: "silent" }],
    ["[[say one ] two]]", { kind: "say", text: "one ] two" }],
    ["[[say {unbalanced]] }", { kind: "say", text: "{unbalanced" }],
  ] as const)("%s", (source, marker) => {
    expect(parseScript(source).markers).toEqual([marker]);
  });

  test.each([
    "[[tool]]",
    "[[tool a {]]",
    "[[tool a [1]]]",
    "[[words many]]",
    "[[words 100001]]",
    "[[pace -1]]",
    "[[error 200]]",
    "[[error]]",
  ])("%s is answered, not guessed at", (source) => {
    expect(parseScript(source).markers[0]?.kind).toBe("unreadable");
  });

  test.each(["[[wiki link]]", "if [[ -f x ]]; then", "[[tool a", "[[toolbox]]", "[[]]"])("%s is prose", (source) => {
    expect(parseScript(source)).toEqual({ markers: [], prose: source });
  });

  test("takes a hundred markers and stays fast on thousands", () => {
    expect(parseScript("[[cut]]".repeat(20_000)).markers).toHaveLength(100);
    expect(parseScript("[[tool a {".repeat(200_000)).markers).toHaveLength(0);
  });

  test("never throws and keeps all that is no marker", () => {
    const piece = fc.oneof(fc.constantFrom("[[", "]]", "[[tool ", "{", "}", '"', "[[cut]]", "[[say ", "\\"), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { markers, prose } = parseScript(pieces.join(""));
        expect(prose.length).toBeLessThanOrEqual(pieces.join("").length);
        if (markers.length === 0) expect(prose).toBe(pieces.join(""));
      }),
    );
  });
});
