import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lastingMarks, questionOf, visibilityMark, wordsOfMessage } from "./search-words.ts";

const viewer = { user: "ada", team: "engine" };

describe("words", () => {
  test("are letters and digits, without case and forms; paths and addresses are several", () => {
    expect([...wordsOfMessage("Wörld src/thread-store.ts ＡＢＣ wörld ada@example.com")]).toEqual(
      "wörld src thread store ts abc ada example com".split(" "),
    );
  });

  test("of scripts without spaces are their characters", () => {
    expect([...wordsOfMessage("検索する")]).toEqual(["検", "索", "す", "る"]);
  });

  test("are letters in every script, and none of its signs", () => {
    expect([...wordsOfMessage("ក᧠ខ ⺀ 検〇")]).toEqual(["ក", "ខ", "検", "〇"]);
  });

  test("are cut and counted: a row of the index has an end", () => {
    expect([...wordsOfMessage("x".repeat(1_000_000))]).toEqual(["x".repeat(64)]);
    expect([...wordsOfMessage(Array.from({ length: 30_000 }, (_, index) => `word${index}`).join(" "))]).toHaveLength(20_000);
  });
});

describe("a question", () => {
  test("asks for every word, within what the viewer may see", () => {
    const [tenant, user, member] = lastingMarks({ tenant: "acme", ...viewer });
    expect(questionOf("One two", { tenant: "acme", viewer })).toBe(
      `'one' & 'two' & ('${user}' | ('${member}' & '${visibilityMark("team")}') | ('${tenant}' & '${visibilityMark("organisation")}'))`,
    );
    expect(questionOf("one", { tenant: "acme", viewer: undefined })).toBe(`'one' & ('${tenant}')`);
  });

  test("of no words asks for nothing", () => {
    expect(questionOf(" -- & | ! () '' :* ", { tenant: "acme", viewer })).toBeUndefined();
  });

  test("holds nothing of any text but its letters and digits, and never a mark", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom("", "'", "\\", ":*", "\u0001", "!", "<->"),
        (text, sign) => {
          const question = questionOf(`a${sign}${text}`, { tenant: "acme", viewer: undefined }) ?? "";
          const [mark = ""] = lastingMarks({ tenant: "acme", user: "", team: "" });
          const words = question.slice(0, -` & ('${mark}')`.length);
          expect(words).toMatch(/^'[\p{L}\p{M}\p{N}\ufffd]+'(?: & '[\p{L}\p{M}\p{N}\ufffd]+')*$/u);
          expect(question.endsWith(` & ('${mark}')`)).toBe(true);
        },
      ),
    );
  });

  test("of another tenant has other marks, for everything", () => {
    const [one, other] = ["acme", "other"].map((tenant) => lastingMarks({ tenant, ...viewer }));
    expect(new Set([...(one ?? []), ...(other ?? [])]).size).toBe(6);
  });
});
