// Messages as bytes: whatever goes in comes out, large parts lie apart and once, and a changed bit is noticed.

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../ports/index.ts";
import { type ContentBlob, textOf } from "../records/index.ts";
import { message } from "./testing.ts";
import { decodeMessage, encodeMessage, namesIn } from "./thread-record.ts";

const lookUp = (blobs: readonly ContentBlob[]) => (hash: Uint8Array) =>
  blobs.find((blob) => Buffer.compare(blob.hash, hash) === 0)?.bytes;

const large = fc
  .tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 9000 }))
  .map(([text, times]) => text.repeat(times).slice(0, 20_000).toWellFormed());
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    large,
    fc.string({ unit: "grapheme" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.constantFrom<Json>(null, true, false),
    fc.array(tie("json"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "apart", "content", "")), tie("json"), { maxKeys: 5 }),
  ),
}));

test("any content comes back as it was, in a small record", () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 8 }), (content) => {
      const { bytes, blobs } = encodeMessage(message("a", "", { content, chain: "c" }));
      expect(JSON.stringify(decodeMessage(bytes, lookUp(blobs))?.content)).toBe(JSON.stringify(content));
      expect(namesIn(bytes)).toMatchObject({ clientId: "a", chain: "c" });
      expect(bytes.byteLength).toBeLessThan(40_000);
    }),
    { numRuns: 150 },
  );
});

test("a large text is one blob however often it is there; many small ones are one together", () => {
  const text = "a line of a file\n".repeat(1000);
  const twice = encodeMessage(message("a", "", { content: [{ text }, { text }] }));
  const other = encodeMessage(message("b", "", { content: ["before", { deep: [text] }] }));
  expect(twice.blobs).toHaveLength(1);
  expect(other.blobs[0]?.hash).toEqual(twice.blobs[0]?.hash ?? new Uint8Array());
  expect(twice.bytes.byteLength).toBeLessThan(500);
  expect(encodeMessage(message("c", "", { content: Array.from({ length: 5000 }, (_, index) => index) })).blobs).toHaveLength(1);
});

test("a bit that changed anywhere is noticed", () => {
  const { bytes, blobs } = encodeMessage(message("a", "", { content: ["small", "large ".repeat(2000)] }));
  const flipped = (whole: Uint8Array, at: number) => whole.map((byte, index) => (index === at ? byte ^ 4 : byte));
  for (let at = 0; at < bytes.byteLength; at++) expect(decodeMessage(flipped(bytes, at), lookUp(blobs))).toBeUndefined();
  const [blob] = blobs;
  if (!blob) throw new Error("a large text lies apart");
  for (let at = 0; at < blob.bytes.byteLength; at++) {
    const decoded = decodeMessage(bytes, () => flipped(blob.bytes, at));
    expect([undefined, "large ".repeat(2000)]).toContain(decoded?.content[1] as string | undefined); // A bit that says nothing may change.
  }
  expect(decodeMessage(bytes, () => undefined)).toBeUndefined();
  for (const length of [0, 3, 4, 10]) expect(decodeMessage(bytes.slice(0, length), lookUp(blobs))).toBeUndefined();
});

test("depth and length do not matter to a search", () => {
  let deep: Json = "bottom";
  for (let depth = 0; depth < 50_000; depth++) deep = [deep];
  expect(textOf([deep, Array.from({ length: 500_000 }, () => 1), "end"])).toBe("bottom\nend");
});

test("all texts but the names of kinds are searched", () => {
  const content: Json[] = [{ type: "tool_use", name: "Read", input: { path: "a.ts", lines: [1] } }, "tail"];
  expect(textOf(content)).toBe("Read\na.ts\ntail");
  expect(encodeMessage(message("a", "", { content: [{ text: " \n " }, { text: " two\n words " }] })).excerpt).toBe("two words");
});
