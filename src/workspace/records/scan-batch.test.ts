// Records written straight from a table are, byte for byte, those that their strings give.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { systemClock, text, utf8 } from "../../base/index.ts";
import { DISTINCT_WORDS_MAX } from "../scan/count-words.ts";
import type { Language } from "../scan/record.ts";
import { scanFile } from "../scan/scan-file.ts";
import { Grammars } from "../scan/tree-sitter/grammars.ts";
import { ByteWriter } from "./byte-writer.ts";
import { varints } from "./names-codec.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import { BatchScanner, eachOf } from "./scan-batch.ts";

const scanner = new BatchScanner(new Grammars(systemClock));
const LANGUAGES: readonly Language[] = ["typescript", "tsx", "javascript", "python", "go", "ruby", "shell", "c", "sql"];
const TOKENS =
  "class|function|const|interface|import|from|export|def|a|B|ab|foo|#c|rb'x'|'s ab'|\"t\"|`|\x24{|{|}|(|)|<|>|//|/*|*/|=>|=|:|;|,|.|@|0x1f|1.5e3|12px|\n|\\|\ud83d|é|größe|語彙|\ufeff|$x|_y|f'{ab}'|#|/x/gi|.5foo|<<E\n";
const soup = fc.array(fc.constantFrom(...TOKENS.split("|")), { maxLength: 60 });
const sources = fc.array(
  fc.oneof(
    soup.map((parts) => parts.join(" ")),
    soup.map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  ),
  {
    maxLength: 3,
  },
);

async function expectSame(all: readonly Uint8Array[]): Promise<void> {
  const batch = LANGUAGES.flatMap((language) => all.map((bytes) => ({ language, bytes })));
  const written = [...eachOf(await scanner.scan(batch))];
  expect(written).toEqual(batch.map(({ language, bytes }) => encodeRecord(scanFile(language, text(bytes)))));
}

test("whatever is scanned", async () => {
  await fc.assert(
    fc.asyncProperty(sources, (all) => expectSame(all.map(utf8))),
    { numRuns: 200 },
  );
});

test("answers come in the order of the questions, also when one has to load a grammar", async () => {
  const fresh = new BatchScanner(new Grammars(systemClock));
  const order: string[] = [];
  const ask = async (language: Language) => {
    const { bytes } = await fresh.scan([{ language, bytes: utf8("pub const S = struct {};\n") }]);
    order.push(language);
    expect(decodeRecord(bytes, language)?.tier).toBe(language === "zig" ? "tree-sitter" : "lexical");
  };
  await Promise.all([ask("zig"), ask("typescript"), ask("rust")]);
  expect(order).toEqual(["zig", "typescript", "rust"]);
});

test("bytes that are no text, and more words than a record holds", async () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * at * 31 + at * 7) & 255);
  const names = Array.from({ length: DISTINCT_WORDS_MAX + 500 }, (_, index) => `word${index}`);
  const lines = names.map((name, index) => (index % 3 === 0 ? `export const ${name} = 1;` : `// ${name}`));
  await expectSame([bytes, utf8([...lines, ...lines].join("\n")), utf8("x")]);
});

test("a writer's buffer grows with what is written", () => {
  const writer = new ByteWriter(1);
  const numbers = [0, 127, 128, 16_384, 2 ** 31 - 1];
  writer.text("größe");
  writer.byte(10);
  for (const number of numbers) writer.varint(number);
  writer.bytes(utf8("ab"));
  writer.few(utf8("abcdef"), 2, 3);
  expect(writer.written).toEqual(Uint8Array.from([...utf8("größe\n"), ...varints(numbers), ...utf8("abcde")]));
  writer.clear();
  expect(writer.written.length).toBe(0);
});
