import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../ports/index.ts";
import { type ContentBlob, putTogether, takeApart } from "./content-apart.ts";

const lookUp = (blobs: readonly ContentBlob[]) => (hash: Uint8Array) =>
  blobs.find((blob) => Bun.deepEquals(blob.hash, hash))?.bytes;

test("what is put together is what was taken apart", () => {
  const large = fc.string({ unit: "binary", minLength: 3000, maxLength: 6000 }).map((text) => text.toWellFormed());
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      large,
      fc.string(),
      fc.constantFrom(null, 1, true, "__proto__"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "content", "apart")), tie("value"), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.array(json, { maxLength: 3 }), (content) => {
      const plain = JSON.parse(JSON.stringify(content)) as Json[];
      const { content: rest, apart, blobs } = takeApart(plain);
      expect(Buffer.byteLength(JSON.stringify(rest))).toBeLessThanOrEqual(4096);
      expect(JSON.stringify(putTogether(rest, apart, lookUp(blobs)))).toBe(JSON.stringify(plain));
    }),
    { numRuns: 60 },
  );
});

test("the same text is kept once, and a blob that is gone or changed is told", () => {
  const file = "line of a file\n".repeat(1000);
  const { content, apart, blobs } = takeApart([{ type: "tool_result", content: file }, { type: "text", text: file }, "small"]);
  expect([content, blobs.length]).toEqual([[{ type: "tool_result", content: null }, { type: "text", text: null }, "small"], 1]);
  expect(putTogether(content, apart, () => undefined)).toBeUndefined();
  expect(putTogether(content, apart, () => Bun.zstdCompressSync("other"))).toBeUndefined();
  expect(putTogether(content, apart, () => Buffer.from("no zstd"))).toBeUndefined();
});
