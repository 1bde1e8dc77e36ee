import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { redactor, settler } from "./redaction.ts";
import { SECRET_PATTERNS } from "./secret-patterns.ts";

const redact = redactor();
const clean = (text: string): string => String(redact([text])[0]);
const run = "aB3".repeat(20);

describe("secrets", () => {
  test.each([
    [`key sk-ant-api03-${run}, and more`, "key [redacted: Anthropic key], and more"],
    [`OPENAI_API_KEY=sk-proj-${run}`, "OPENAI_API_KEY=[redacted: API key]"],
    [`curl -H "Authorization: Bearer ${run}.x=" https://a`, 'curl -H "Authorization: Bearer [redacted: credential]" https://a'],
    [`ghp_${run} github_pat_${run}`, "[redacted: GitHub token] [redacted: GitHub token]"],
    ["id AKIAIOSFODNN7EXAMPLE.", "id [redacted: AWS key id]."],
    [`eyJhbGciOiJIUzI1NiJ9.${run}.${run}`, "[redacted: JSON web token]"],
    [`a\n-----BEGIN RSA PRIVATE KEY-----\n${run}\n-----END RSA PRIVATE KEY-----\nb`, "a\n[redacted: private key]\nb"],
    [`-----BEGIN PRIVATE KEY-----\\n${run}`, "[redacted: private key]"],
  ])("%s", (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  test.each([
    "the risk-assessment-of-everything-in-the-house stays",
    "sk-short, Bearer of news, ghp_",
    "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
    "no secret at all: 日本語 🜂",
  ])("%s stays", (text) => {
    expect(clean(text)).toBe(text);
  });

  test("at any depth, and content without any is the same object", () => {
    const content = [{ type: "tool_use", input: { list: [1, null, `npm_${run}`] } }];
    expect(redact(content)).toEqual([{ type: "tool_use", input: { list: [1, null, "[redacted: npm token]"] } }]);
    const harmless = [{ type: "text", text: "hello" }];
    expect(redact(harmless)).toBe(harmless);
  });

  test("wherever a secret of any pattern stands in any text, it is gone", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.constantFrom(...SECRET_PATTERNS), text, text, ({ prefix, characters, min }, before, after) => {
        const secret = prefix + (characters === "upper" ? "A7" : "xY").repeat(min);
        expect(clean(`${before} ${secret} ${after}`)).not.toContain(secret);
      }),
    );
  });
});

test("patterns of an operator are found beside ours; those that bound nothing are refused", () => {
  const own = redactor([{ name: "badge", prefix: "ACME-", characters: "upper", min: 8 }]);
  expect(own([`ACME-1234ABCD sk-${run}`])).toEqual(["[redacted: badge] [redacted: API key]"]);
  for (const bad of [{ prefix: "AC" }, { prefix: "A".repeat(65) }, { min: 3 }, { min: 1e9 }, { min: Number.NaN }, { name: "" }]) {
    expect(() => redactor([{ name: "badge", prefix: "ACME-", characters: "upper", min: 8, ...bad }])).toThrow(
      /Patterns of secrets/,
    );
  }
});

test("no text takes long: near misses are read in passing, once each", () => {
  const texts = ["sk-".repeat(300_000), `${"-----BEGIN ".repeat(80_000)}`, "Bearer ".repeat(140_000), "a".repeat(1_000_000)];
  for (const text of texts) expect(clean(text).length).toBeGreaterThan(0);
}, 5000);

describe("a text that comes in pieces", () => {
  const settled = settler();
  const secrets = ["sk-ant-api03-", "Bearer ", "AKIA", "eyJ", "ghp_"].map((prefix) => prefix + run.toUpperCase());

  test("redacted piece by piece, as far as it is settled, it is what it would be as a whole", () => {
    const words = fc.constantFrom("a key ", "risk-", "sk", " ", "\n", "Bear ", "日本🜂 ", ...secrets);
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), fc.array(fc.nat({ max: 40 }), { maxLength: 40 }), (parts, cuts) => {
        const whole = parts.join(", ");
        let [said, told, at] = ["", "", 0];
        for (const cut of [...cuts, whole.length]) {
          said += whole.slice(at, at + cut);
          at += cut;
          const until = settled(said);
          told += clean(said.slice(0, until));
          said = said.slice(until);
        }
        expect(told + clean(said)).toBe(clean(whole));
      }),
    );
  });

  test("what can be no beginning of a secret is settled at once", () => {
    for (const text of ["I read the file.", "a-b_c is a name", ""]) expect(settled(text)).toBe(text.length);
    expect(settled("it is sk-an")).toBe("it is ".length);
    expect(settled("-----BEGIN PRIVATE KEY-----\nabc")).toBe(0);
    expect(settled(`sk-${"a".repeat(5000)}`)).toBe(5003);
  });
});
