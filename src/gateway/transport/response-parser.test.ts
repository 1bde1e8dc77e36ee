import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { concat, MillraceError, text, utf8 } from "../../base/index.ts";
import { HEAD_BYTES_MAX, ResponseParser } from "./response-parser.ts";

interface Read {
  /** What was said, body bytes joined. */
  status: number | undefined;
  headers: [string, string][];
  length: number | undefined;
  body: string;
  ends: boolean[];
  error: string | undefined;
}

const latin1 = (value: string): Uint8Array => Buffer.from(value, "latin1");

/** @param closes the connection is closed in order after the last piece. */
function read(pieces: readonly Uint8Array[], { hasBody = true, closes = false } = {}): Read {
  const parts: Uint8Array[] = [];
  const result: Read = { status: undefined, headers: [], length: undefined, body: "", ends: [], error: undefined };
  const parser = new ResponseParser(
    {
      head(status, headers, length) {
        expect(result.status).toBeUndefined();
        Object.assign(result, { status, headers: [...headers], length });
      },
      data(bytes) {
        expect(result.status).toBeDefined();
        expect(result.ends).toEqual([]);
        expect(bytes.byteLength).toBeGreaterThan(0);
        parts.push(bytes);
      },
      end: (reusable) => void result.ends.push(reusable),
    },
    hasBody,
  );
  try {
    for (const piece of pieces) parser.push(piece);
    if (closes) parser.close();
  } catch (error) {
    expect(MillraceError.is(error, "upstream_cut")).toBe(true);
    result.error = (error as Error).message;
  }
  result.body = Buffer.from(concat(parts)).toString("latin1");
  return result;
}

const readText = (value: string, options?: { hasBody?: boolean; closes?: boolean }) => read([latin1(value)], options);

/** Cuts bytes at these places, given as fractions. */
function cut(bytes: Uint8Array, fractions: readonly number[]): Uint8Array[] {
  const places = [...new Set(fractions.map((fraction) => Math.floor(fraction * bytes.byteLength)))].sort((a, b) => a - b);
  return [...places, bytes.byteLength].map((end, index) => bytes.subarray(index === 0 ? 0 : places[index - 1], end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 12 });
const fieldName = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const fieldValue = fc.stringMatching(/^[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?$/);
const fields = fc.uniqueArray(fc.tuple(fieldName, fieldValue), { maxLength: 8, selector: ([name]) => name });
const body = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const extension = fc.constantFrom("", ";a", ' ; name="value"', ";x=y;z");
const chunks = fc.array(fc.tuple(body, extension, fc.boolean(), fc.nat(3)), { maxLength: 6 });
const interim = fc.array(fc.constantFrom("100 Continue", "102 Processing", "103 Early Hints"), { maxLength: 5 });

const headText = (start: string, lines: readonly (readonly [string, string])[]): string =>
  `HTTP/1.1 ${start}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;

const response = fc
  .record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    fields,
    interim,
    framing: fc.oneof(
      fc.record({ kind: fc.constant("length" as const), body }),
      fc.record({ kind: fc.constant("close" as const), body }),
      fc.record({ kind: fc.constant("chunked" as const), chunks, trailers: fields }),
    ),
  })
  .map(({ status, fields, interim, framing }) => {
    const before = interim.map((line) => headText(line, [["link", "</a>"]])).join("");
    const expected = { status, fields, closes: framing.kind === "close" };
    if (framing.kind === "close") {
      return { ...expected, wire: before + headText(`${status} Some Words`, fields) + framing.body, body: framing.body };
    }
    if (framing.kind === "length") {
      const length = ["Content-Length", String(framing.body.length)] as const;
      return { ...expected, wire: before + headText(`${status}`, [...fields, length]) + framing.body, body: framing.body };
    }
    const full = framing.chunks.filter(([part]) => part !== "");
    const coded = full.map(([part, more, isUpper, zeros]) => {
      const size = "0".repeat(zeros) + part.length.toString(16);
      return `${isUpper ? size.toUpperCase() : size}${more}\r\n${part}\r\n`;
    });
    const last = `0\r\n${framing.trailers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
    const head = headText(`${status} OK`, [...fields, ["Transfer-Encoding", "Chunked"]]);
    return { ...expected, wire: before + head + coded.join("") + last, body: full.map(([part]) => part).join("") };
  });

describe("any response", () => {
  test("comes out as it went in, in every framing and however it is cut", () => {
    fc.assert(
      fc.property(response, cuts, ({ wire, status, fields, body, closes }, places) => {
        const result = read(cut(latin1(wire), places), { closes });
        expect(result.error).toBeUndefined();
        expect(result.status).toBe(status);
        expect(new Map(result.headers)).toEqual(
          new Map([...fields, ...result.headers.filter(([name]) => !name.startsWith("x-"))]),
        );
        expect(result.body).toBe(body);
        expect(result.ends).toEqual([!closes]);
      }),
      { numRuns: 1500 },
    );
  });

  test("byte by byte too", () => {
    fc.assert(
      fc.property(response, ({ wire, body, closes }) => {
        const bytes = latin1(wire);
        const result = read(
          [...bytes].map((_, index) => bytes.subarray(index, index + 1)),
          { closes },
        );
        expect(result).toMatchObject({ error: undefined, body, ends: [!closes] });
      }),
      { numRuns: 100 },
    );
  });

  test("spoiled anywhere, is read the same however it is cut, and never ends twice", () => {
    const spoil = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      drop: fc.nat(3),
      add: fc.constantFrom("", "\r", "\n", "\0", " ", ":", "0", "5", "\r\n", "content-length: 3\r\n", "\r\n\r\n", "é"),
    });
    fc.assert(
      fc.property(response, spoil, cuts, ({ wire, closes }, { at, drop, add }, places) => {
        const place = Math.floor(at * wire.length);
        const bytes = latin1(wire.slice(0, place) + add + wire.slice(place + drop));
        const whole = read([bytes], { closes });
        expect(read(cut(bytes, places), { closes })).toEqual(whole);
        expect(whole.ends.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });

  test("of which a part is missing never counts as whole", () => {
    fc.assert(
      fc.property(response, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ({ wire, closes, body }, at) => {
        const part = latin1(wire).subarray(0, Math.floor(at * wire.length));
        const result = read([part], { closes: true });
        // Where the close itself is the end, any end will do, and such a connection is never used again.
        if (closes && result.error === undefined) expect(body.startsWith(result.body)).toBe(true);
        else expect(result.error).toBeDefined();
        expect(result.ends).not.toContain(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("bytes after it are an error, whether they come with it or later", () => {
    fc.assert(
      fc.property(
        response.filter(({ closes }) => !closes),
        fc.boolean(),
        ({ wire, body }, together) => {
          const more = "HTTP/1.1 200 OK\r\n\r\n";
          const result = read(together ? [latin1(wire + more)] : [latin1(wire), latin1(more)]);
          expect(result).toMatchObject({ body, ends: [true] });
          expect(result.error).toContain("goes on after its end");
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("framing", () => {
  const OK = "HTTP/1.1 200 OK\r\n";
  const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;

  test.each([
    [
      "the answer to HEAD, whatever it says",
      `${OK}content-length: 5\r\n\r\n`,
      { hasBody: false },
      { body: "", ends: [true], length: 0 },
    ],
    ["HEAD with chunked", CHUNKED, { hasBody: false }, { body: "", ends: [true] }],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", {}, { body: "", ends: [true] }],
    ["304 with a length", "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", {}, { body: "", ends: [true] }],
    ["length 0", `${OK}content-length: 0\r\n\r\n`, {}, { body: "", ends: [true], length: 0 }],
    ["equal lengths twice", `${OK}content-length: 2\r\nContent-Length: 2\r\n\r\nab`, {}, { body: "ab", ends: [true], length: 2 }],
    ["equal lengths in one", `${OK}content-length: 2, 2\r\n\r\nab`, {}, { body: "ab", ends: [true] }],
    ["no reason phrase", "HTTP/1.1 200\r\ncontent-length: 1\r\n\r\na", {}, { body: "a", ends: [true] }],
    ["capitals", `${OK}CONTENT-LENGTH: 1\r\nCONNECTION: Close\r\n\r\na`, {}, { body: "a", ends: [false] }],
    ["close among others", `${OK}content-length: 1\r\nconnection: x , close\r\n\r\na`, {}, { ends: [false] }],
    ["an option that only sounds like it", `${OK}content-length: 1\r\nconnection: closeness\r\n\r\na`, {}, { ends: [true] }],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", {}, { body: "a", ends: [false] }],
    ["HTTP/1.0 kept", "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 1\r\n\r\na", {}, { ends: [true] }],
    ["HTTP/1.0 both", "HTTP/1.0 200 OK\r\nconnection: keep-alive, close\r\ncontent-length: 1\r\n\r\na", {}, { ends: [false] }],
    [
      "HTTP/1.0 with chunked",
      "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      {},
      { body: "a", ends: [false] },
    ],
    [
      "chunked beside a length: chunked rules, and the connection is not used again",
      `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
      {},
      { body: "a", ends: [false], length: undefined },
    ],
    ["until the close", `${OK}\r\nabc`, { closes: true }, { body: "abc", ends: [false], length: undefined }],
    ["nothing until the close", `${OK}\r\n`, { closes: true }, { body: "", ends: [false] }],
  ])("%s", (_name, wire, options, expected) => {
    expect(readText(wire, options)).toMatchObject({ error: undefined, ...expected });
  });

  test.each([
    ["two lengths", `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nab`],
    ["two lengths in one", `${OK}content-length: 2, 3\r\n\r\nab`],
    ["a signed length", `${OK}content-length: +2\r\n\r\nab`],
    ["a negative length", `${OK}content-length: -2\r\n\r\nab`],
    ["a hexadecimal length", `${OK}content-length: 0x2\r\n\r\nab`],
    ["a broken length", `${OK}content-length: 2.0\r\n\r\nab`],
    ["an empty length", `${OK}content-length:\r\n\r\nab`],
    ["a length beyond numbers", `${OK}content-length: 99999999999999999999\r\n\r\nab`],
    ["a bad length beside chunked", `${OK}content-length: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a coding under chunked", `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ["chunked twice", `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["chunked not last", `${OK}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ["identity", `${OK}transfer-encoding: identity\r\ncontent-length: 1\r\n\r\na`],
    ["an empty coding", `${OK}transfer-encoding:\r\ncontent-length: 1\r\n\r\na`],
    ["a chunk without a size", `${CHUNKED}\r\n`],
    ["a chunk size that is none", `${CHUNKED}xyz\r\n`],
    ["a signed chunk size", `${CHUNKED}+1\r\na\r\n`],
    ["a prefixed chunk size", `${CHUNKED}0x1\r\na\r\n`],
    ["a space before the size", `${CHUNKED} 1\r\na\r\n`],
    ["a chunk size beyond numbers", `${CHUNKED}fffffffffffff\r\na`],
    ["a size line in bare LF", `${CHUNKED}1\na\r\n`],
    ["a size line with a bare CR", `${CHUNKED}1;\rx\r\na\r\n`],
    ["a chunk longer than it says", `${CHUNKED}1\r\nab\r\n`],
    ["a chunk end in bare LF", `${CHUNKED}1\r\na\n`],
    ["a last chunk in bare LF", `${CHUNKED}0\n\n`],
    ["a chunk line without end", `${CHUNKED}1;${"x".repeat(5000)}`],
    ["a trailer that is none", `${CHUNKED}0\r\nnonsense\r\n\r\n`],
    ["a folded trailer", `${CHUNKED}0\r\na: b\r\n c\r\n\r\n`],
    ["trailers without end", `${CHUNKED}0\r\n${"a: b\r\n".repeat(70_000)}`],
    ["a folded header", `${OK}a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
    ["a header folded with a tab", `${OK}a: b\r\n\tc: d\r\ncontent-length: 0\r\n\r\n`],
    ["a space before the colon", `${OK}content-length : 0\r\n\r\n`],
    ["no name", `${OK}: b\r\ncontent-length: 0\r\n\r\n`],
    ["no colon", `${OK}ab\r\ncontent-length: 0\r\n\r\n`],
    ["a name of two words", `${OK}a b: c\r\ncontent-length: 0\r\n\r\n`],
    ["a bare LF in a value", `${OK}a: b\nc: d\r\ncontent-length: 0\r\n\r\n`],
    ["a bare LF that begins a value", `${OK}a:\nc: d\r\ncontent-length: 0\r\n\r\n`],
    ["a bare CR in a value", `${OK}a: b\rc\r\ncontent-length: 0\r\n\r\n`],
    ["a bare CR that ends a value", `${OK}a: b\r\r\ncontent-length: 0\r\n\r\n`],
    ["a zero byte in a value", `${OK}a: \0\r\ncontent-length: 0\r\n\r\n`],
    ["a bare LF in the status line", "HTTP/1.1 200 OK\na: b\r\ncontent-length: 0\r\n\r\n"],
    ["another version", "HTTP/1.2 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["another protocol, at its first bytes", "SSH-2.0"],
    ["a lower-case version", "http/1.1 200 OK\r\n\r\n"],
    ["an empty line first", `\r\n${OK}content-length: 0\r\n\r\n`],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["status 0", "HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n"],
    ["status 600", "HTTP/1.1 600 OK\r\ncontent-length: 0\r\n\r\n"],
    ["101", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"],
    ["a spoiled interim response", "HTTP/1.1 100 Continue\r\n a\r\n\r\n"],
    ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17)],
  ])("refuses %s", (_name, wire) => {
    const result = readText(wire);
    expect(result.error).toStartWith("The upstream's response ");
    expect(result.ends).toEqual([]);
  });

  test.each([
    "HTTP/1.",
    "HTTP/1.1 200",
    `${OK}content-length: 2\r\n\r\na`,
    `${CHUNKED}1\r\na\r\n`,
    `${CHUNKED}0\r\na: b\r\n`,
    "",
  ])("a close after %j is a cut", (wire) => {
    expect(readText(wire, { closes: true })).toMatchObject({ error: expect.stringContaining("too early"), ends: [] });
  });
});

describe("limits", () => {
  const headOf = (bytes: number): string => {
    const frame = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\na: \r\n\r\n";
    return frame.replace("a: ", `a: ${"b".repeat(bytes - frame.length)}`);
  };

  test.each([[[]], [[0.3, 0.7]]])("a head of exactly the limit passes, one byte more does not (cut at %j)", (places) => {
    expect(read(cut(latin1(headOf(HEAD_BYTES_MAX)), places))).toMatchObject({ error: undefined, ends: [true] });
    expect(read(cut(latin1(headOf(HEAD_BYTES_MAX + 1)), places)).error).toContain("headers of over");
  });

  test("a thousand headers pass; tens of thousands, which would take seconds, do not", () => {
    const wire = (count: number) =>
      `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${Array.from({ length: count }, (_, index) => `a${index}: 1\r\n`).join("")}\r\n`;
    expect(readText(wire(998)).error).toBeUndefined();
    expect(readText(wire(20_000)).error).toContain("headers");
  });
});

test("latin-1 in headers stays what it was", () => {
  const wire = concat([utf8("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: "), utf8("ü"), utf8("\r\n\r\n")]);
  const value = read([wire]).headers.find(([name]) => name === "x")?.[1] ?? "";
  expect(text(latin1(value))).toBe("ü");
});

test("body bytes are views of what came in, not copies", () => {
  const piece = latin1("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
  const views: Uint8Array[] = [];
  const take = (bytes: Uint8Array) => void views.push(bytes);
  new ResponseParser({ head() {}, data: take, end() {} }).push(piece);
  expect(views[0]?.buffer).toBe(piece.buffer);
});
