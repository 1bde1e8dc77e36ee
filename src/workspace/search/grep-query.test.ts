import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import fc from "fast-check";
import { MillraceError } from "../../base/index.ts";
import { CompiledQuery, type GrepQuery } from "./grep-query.ts";
import { searchedText } from "./searched-text.ts";
import { type FoundLine, inOrder, ripgrep } from "./testing.ts";
import { TrigramFilters } from "./trigram-filter.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-grep-query-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the query finds in texts held in memory, filter and all. */
function find(query: GrepQuery, files: ReadonlyMap<string, Buffer>): FoundLine[] | undefined {
  let compiled: CompiledQuery;
  try {
    compiled = new CompiledQuery(query);
  } catch (error) {
    if (MillraceError.is(error, "pattern_invalid")) return undefined;
    throw error;
  }
  const filters = new TrigramFilters();
  const found: FoundLine[] = [];
  for (const [path, bytes] of files) {
    const text = searchedText(bytes);
    if (text && compiled.mayMatch(filters, filters.add(text.bytes), text.isAscii)) {
      compiled.search(text, 100_000, (match) => found.push({ path, ...match }) > 0);
    }
  }
  return found;
}

function write(files: ReadonlyMap<string, Buffer>): void {
  for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes);
}

const utf16 = (text: string, isBig: boolean) => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return isBig ? bytes.swap16() : bytes;
};

const tree = new Map<string, Buffer>([
  ["ascii", Buffer.from("foo bar\nFoo\n\nfoobar foo\n  int x = 42;\nclass K {}\nsas kiss\na.b*c\n_foo_ foo\n")],
  ["crlf", Buffer.from("foo\r\nbar\r\n\r\nfoo bar\rbaz\r\nend")],
  [
    "unicode",
    Buffer.from("é foo\nÉcole fooé\n\u212aelvin \u017ftraße\n日本語 foo\n😀foo😀\nfoo\u2028bar\n\u00a0x\n٣٤ x_é\nΣίσυφος ς\n"),
  ],
  [
    "broken",
    Buffer.concat([Buffer.from("foo "), Buffer.from([0xff, 0xe9]), Buffer.from("foo é\n"), Buffer.from([0xf0, 0x9f, 10, 0xc3])]),
  ],
  ["stray", Buffer.from([0x61, 0xe2, 0x82, 0x61, 10, 0xed, 0xa0, 0x80, 0x61, 10, 0x80, 0x80, 10, 0xf0, 0x28, 0x8c, 0x28, 10])],
  ["binary", Buffer.from("foo\nbar\0foo\n")],
  ["marked", Buffer.from("\ufefffoo\nbar foo\n")],
  ["wide-little", utf16("foo é😀\nbar foo\r\nK\n", false)],
  ["wide-big", utf16("foo é\nbar foo\n", true)],
  ["wide-odd", Buffer.concat([utf16("foo", false), Buffer.from([0x41])])],
  ["empty", Buffer.alloc(0)],
  ["feeds", Buffer.from("\n\n\nfoo\n\n")],
  ["tabs", Buffer.from("\tfoo\t\v\f\n foo")],
]);

const patterns = [
  "foo",
  "^foo",
  "foo$",
  "^foo$",
  "^$",
  "",
  "^",
  "$",
  "x*",
  "(?i)foo",
  "(?i:f)oo",
  "fo{2}",
  "fo{2,}",
  "fo{1,3}b",
  "f.o",
  ".",
  "..$",
  "\\bfoo\\b",
  "\\Boo",
  "foo\\B",
  "\\B",
  "\\b",
  "\\w+",
  "\\W",
  "\\d+",
  "\\D",
  "\\s",
  "\\s\\s",
  "\\S+$",
  "[[:alpha:]]+",
  "[[:^alpha:]]",
  "[^a-z]",
  "[a-z&&[^f]]oo",
  "[a-z--o]o",
  "[\\w--\\d]+",
  "[]a]",
  "[a-]",
  "[^]a]",
  "[a\\]]",
  "\\p{L}+",
  "\\pL",
  "\\PL",
  "\\p{Greek}+",
  "\\p{Lu}",
  "\\P{Lu}",
  "\\p{^L}",
  "\\p{script=Han}",
  "(?i)\\p{Lu}",
  "(?i)k",
  "(?i)s+",
  "(?i)straße",
  "(?i)σ",
  "(?i)[k]",
  "(?i)[^k]",
  "(?i)É",
  "\\x66oo",
  "\\x{e9}",
  "\\u00e9",
  "\\u{1F600}",
  "\\Afoo",
  "foo\\z",
  "(foo|bar)$",
  "foo|",
  "|",
  "()",
  "(a|b)*",
  "(?:foo)+",
  "(?P<n>foo) bar",
  "(?<n>foo)",
  "a**",
  "(?:a+)+",
  "^*",
  "(^|x)foo",
  "\\.",
  "a\\.b\\*",
  "\\<foo",
  "foo\\>",
  "\\/",
  "\\-",
  "\\ ",
  "\\r",
  "\\r$",
  "foo.$",
  "\\t",
  "[\\s]foo",
  "(?s)foo.",
  "(?m)^foo",
  "(?-m)^foo",
  "(?U)fo+",
  "(?u)é",
  "}",
  "]",
  "a]",
  "é",
  "É",
  "foo é",
  "\\1",
  "(?=foo)",
  "(?<!x)foo",
  "(?>foo)",
  "foo{",
  "*",
  "+a",
  "a{2,1}",
  "(",
  ")",
  "[",
  "[b-a]",
  "\\y",
  "\\",
  "(?z)",
  "\\p{Nonsense}",
  "a{,2}b",
  "\\_",
  "\\é",
  "a{ 2 }",
  "(?i)",
  "(?i)*",
  "[&&a]",
  "[a&&]",
  "[a&&b]",
  "[[a]",
  "[^\\n]",
  "[^\\s]",
  "[\\s\\S]",
  "\\x{110000}",
  "\\u{d800}",
  "[a-\\d]",
  "[--a]",
  "[a--]",
  "[-a]",
  "[[:foo:]]",
  "[:alpha:]",
  "\\07",
  "😀",
  "[😀é]",
  ".😀",
  "[^😀]",
];

describe("equal to ripgrep, pattern by pattern, over a tree of every encoding", () => {
  write(tree);
  /** Each of several starts of ripgrep takes milliseconds: some modes take a part of the patterns. */
  const modes: readonly (readonly [string, number, Partial<GrepQuery>])[] = [
    ["plain", 1, {}],
    ["case left out, words", 2, { case: "insensitive", isWord: true }],
    ["literal, smart case", 6, { isLiteral: true, case: "smart" }],
    ["smart case", 4, { case: "smart" }],
    ["words", 5, { isWord: true }],
  ];
  for (const [name, every, mode] of modes) {
    test(name, () => {
      for (const pattern of patterns.filter((_, index) => index % every === 0)) {
        const query = { pattern, ...mode };
        // Beside bytes that only go on with a character there is none, ripgrep's engine takes an earlier one for their neighbour.
        const isStrayOut = mode.isWord || pattern.includes("\\B");
        const [own, theirs] = [find(query, tree), ripgrep(rgPath, folder, query)].map((found) =>
          found?.filter(({ path }) => !isStrayOut || path !== "stray"),
        );
        expect([pattern, own && inOrder(own)]).toEqual([pattern, theirs && inOrder(theirs)]);
      }
    });
  }
});

test("equal to ripgrep for random patterns over random lines", () => {
  const units = ["a", "b", "A", "_", " ", "1", "é", "É", "\u017f", "\u212a", "ς", "😀", "\r", "\u2028", "\t", "-"];
  const line = fc.array(fc.constantFrom(...units), { maxLength: 8 }).map((all) => all.join(""));
  const file = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 5 }), fc.boolean(), fc.constantFrom("utf8", "ascii", "utf16", "broken"))
    .map(([lines, isEnded, encoding]) => encode(lines.join("\n") + (isEnded ? "\n" : ""), encoding));
  const atom = fc.constantFrom(
    ...[
      "a",
      "b",
      "A",
      "k",
      "s",
      "é",
      ".",
      "\\w",
      "\\W",
      "\\d",
      "\\s",
      "\\S",
      "[a-c]",
      "[^a]",
      "[^\\w]",
      "\\pL",
      "😀",
      "ab",
      "σ",
      "-",
    ],
  );
  const { regex } = fc.letrec<{ regex: string; piece: string }>((tie) => ({
    regex: fc.array(tie("piece"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    piece: fc.oneof(
      { weight: 6, arbitrary: atom },
      { weight: 1, arbitrary: fc.constantFrom("^", "$", "\\b") },
      { weight: 2, arbitrary: fc.tuple(atom, fc.constantFrom("*", "+", "?", "{2}", "{1,2}")).map((parts) => parts.join("")) },
      { weight: 1, arbitrary: fc.tuple(tie("regex"), tie("regex")).map(([a, b]) => `(${a}|${b})`) },
      { weight: 1, arbitrary: tie("regex").map((inner) => `(?i:${inner})`) },
    ),
  }));
  const mode = fc.record({
    isWord: fc.boolean(),
    case: fc.constantFrom("sensitive" as const, "insensitive" as const, "smart" as const),
  });
  fc.assert(
    fc.property(
      fc.array(file, { minLength: 12, maxLength: 12 }),
      fc.array(fc.tuple(regex, mode), { minLength: 8, maxLength: 8 }),
      (contents, queries) => {
        const sub = mkdtempSync(join(folder, "random-"));
        const files = new Map(contents.map((bytes, index) => [`f${index}`, bytes]));
        for (const [path, bytes] of files) writeFileSync(join(sub, path), bytes);
        for (const [pattern, each] of queries) {
          const query = { pattern, ...each };
          const [own, theirs] = [find(query, files), ripgrep(rgPath, sub, query)];
          expect([query, own && inOrder(own)]).toEqual([query, theirs && inOrder(theirs)]);
        }
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

function encode(text: string, encoding: "utf8" | "ascii" | "utf16" | "broken"): Buffer {
  if (encoding === "utf16") return utf16(text, false);
  if (encoding === "ascii") return Buffer.from(text.replace(/[\u0080-\uffff]/g, "x"));
  const bytes = Buffer.from(text);
  return encoding === "broken" ? Buffer.from(bytes.map((byte) => (byte === 0x2d ? 0xff : byte))) : bytes;
}

test("what means something else in other engines, or nothing, is refused with a reason", () => {
  const why = (pattern: string) => {
    try {
      new CompiledQuery({ pattern });
      return "accepted";
    } catch (error) {
      return MillraceError.is(error, "pattern_invalid") ? error.message : error;
    }
  };
  expect(why("(a)\\1")).toContain("refers back");
  expect(why("(?=a)")).toContain("looks ahead or behind");
  expect(why("(?<!a)")).toContain("looks ahead or behind");
  expect(why("(?>a)")).toContain("atomic");
  expect(why("(?x)a b")).toContain("flag x");
  expect(why("(?-u)a")).toContain("flag -u");
  expect(why("a\nb")).toContain("line feed");
  expect(why("a\\nb")).toContain("line feed");
  expect(why("foo{")).toContain("write \\{");
  expect(why("\\b{start}a")).toContain("\\<");
  expect(why("[a~~b]")).toContain("~~");
  expect(why("a".repeat(20_000))).toContain("longer than");
  expect(why("(".repeat(500))).toContain("nests");
  expect(why("[".repeat(500))).toContain("nests");
  expect(why("((a{100}){100}){100}")).toContain("repeats over");
  expect(why("\ud800")).toContain("half a character");
});

test("long lines are cut around the match, and say where they begin", () => {
  const long = `${"é".repeat(500)}needle${"x".repeat(500)}`;
  const texts = [long, "😀".repeat(400), "short"].map((line) => line.concat("\n")).join("");
  const found: unknown[] = [];
  for (const query of [{ pattern: "needle" }, { pattern: "n.edle" }, { pattern: "^😀" }]) {
    new CompiledQuery(query).search(searchedText(Buffer.from(texts)) as never, 40, (match) => found.push(match) > 0);
  }
  const cut = { line: 1, column: 1001, text: `…${"é".repeat(10)}needle${"x".repeat(24)}…`, textColumn: 981 };
  expect(found).toEqual([cut, cut, { line: 2, column: 1, text: `${"😀".repeat(20)}…`, textColumn: 1 }]);
});
