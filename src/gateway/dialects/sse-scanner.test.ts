import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError, text, utf8 } from "../../base/index.ts";
import { eventData, eventName, SseScanner, startsWith } from "./sse-scanner.ts";

function scan(chunks: readonly Uint8Array[], eventBytesMax?: number): { events: string[]; scanner: SseScanner } {
  const events: string[] = [];
  const scanner = new SseScanner((event) => events.push(text(event)), eventBytesMax);
  for (const chunk of chunks) scanner.push(chunk);
  return { events, scanner };
}

/** Cuts bytes at the given places, in any order, duplicates and places out of range allowed. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((place, index) => bytes.slice(sorted[index], place));
}

const line = fc.oneof(
  fc.constantFrom("event: ping", "data", "data:", "data: {}", ": comment", "id: 7", "data:  two spaces", "event:named"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((value) => `data: ${value.replace(/[\r\n]/g, "")}`),
);
const lineEnd = fc.constantFrom("\n", "\r", "\r\n");

describe("SseScanner", () => {
  test("hands over every frame of a chunk, without its blank line", () => {
    const { events, scanner } = scan([utf8("event: a\ndata: 1\n\n: note\n\ndata: 2\n\n")]);
    expect(events).toEqual(["event: a\ndata: 1\n", ": note\n", "data: 2\n"]);
    expect(scanner.atBoundary).toBe(true);
  });

  test("finds the same events wherever the bytes are cut and whatever ends the lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        lineEnd,
        fc.array(fc.nat(400), { maxLength: 30 }),
        (frames, end, places) => {
          const whole = utf8(frames.map((lines) => `${lines.join(end)}${end}${end}`).join(""));
          const { events, scanner } = scan(cut(whole, places));
          expect(events.map((event) => event.split(end).filter((part) => part !== ""))).toEqual(frames);
          expect(scanner.atBoundary).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("agrees with itself on any bytes: byte by byte equals all at once", () => {
    const bytes = fc.array(fc.constantFrom(10, 13, 58, 97, 0xc3), { maxLength: 60 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, (whole) => {
        const single = scan(cut(whole, [...whole.keys()]));
        const atOnce = scan([whole]);
        expect(single.events).toEqual(atOnce.events);
        expect(single.scanner.atBoundary).toBe(atOnce.scanner.atBoundary);
      }),
      { numRuns: 500 },
    );
  });

  test("is at a boundary only before the first byte and after a blank line", () => {
    const places: boolean[] = [];
    const scanner = new SseScanner(() => {});
    places.push(scanner.atBoundary);
    for (const byte of utf8("a\r\n\r\nb\n\n\n")) {
      scanner.push(Uint8Array.of(byte));
      places.push(scanner.atBoundary);
    }
    expect(places).toEqual([true, false, false, false, true, true, false, false, true, true]);
  });

  test("skips an event over the limit, in one piece or in many, and goes on with the next", () => {
    const whole = utf8(`data: ${"x".repeat(100)}\n\ndata: ok\n\n`);
    expect(scan([whole], 50).events).toEqual(["data: ok\n"]);
    const pieces = scan(cut(whole, [20, 40, 60, 80, 90]), 50);
    expect(pieces.events).toEqual(["data: ok\n"]);
    const open = scan([utf8("x".repeat(60))], 50).scanner;
    expect(open.atBoundary).toBe(false);
  });

  test("refuses the unbounded", () => {
    for (const limit of [0, -1, Number.POSITIVE_INFINITY, Number.NaN]) {
      const refusal = (): SseScanner => new SseScanner(() => {}, limit);
      expect(refusal).toThrow(MillraceError);
    }
  });
});

describe("fields", () => {
  test("reads names and joins data lines as the standard says", () => {
    const event = utf8("id: 1\r\nevent: first\r\ndata: a\r\ndata\r\ndata:b\r\ndatax: no\r\nevent:last\r\n");
    expect(eventName(event)).toBe("last");
    expect(eventData(event)).toBe("a\n\nb");
    expect([eventName(utf8(": c\n")), eventData(utf8(": c\n"))]).toEqual(["", ""]);
  });

  test("startsWith compares bytes", () => {
    expect(startsWith(utf8("event: ping\n"), utf8("event: ping"))).toBe(true);
    expect(startsWith(utf8("event: pin"), utf8("event: ping"))).toBe(false);
    expect(startsWith(utf8("event: pong"), utf8("event: ping"))).toBe(false);
  });
});
