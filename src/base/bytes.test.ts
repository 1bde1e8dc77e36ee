import { expect, test } from "bun:test";
import fc from "fast-check";
import { concat, splice, text, utf8 } from "./bytes.ts";

test("text survives the way to bytes and back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (written) => {
      expect(text(utf8(written))).toBe(written);
    }),
  );
});

test("concat keeps every byte in order, with or without the total", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (parts) => {
      const expected = parts.flatMap((part) => [...part]);
      expect([...concat(parts)]).toEqual(expected);
      expect([...concat(parts, expected.length)]).toEqual(expected);
    }),
  );
});

test("a single part is returned, not copied", () => {
  const part = utf8("a");
  expect(concat([part])).toBe(part);
});

test("splice replaces its range and leaves the source alone", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat(), fc.nat(), (source, replacement, one, other) => {
      const [start, end] = [one % (source.length + 1), other % (source.length + 1)].sort((a, b) => a - b) as [number, number];
      const before = [...source];
      const expected = [...before.slice(0, start), ...replacement, ...before.slice(end)];
      expect([...splice(source, start, end, replacement)]).toEqual(expected);
      expect([...source]).toEqual(before);
    }),
  );
});
