// What is read as a request, byte by byte, and what is refused: the corpus of ways in which two servers could read one
// stream of bytes differently. However the bytes are cut, the events are the same.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { smugglingCorpus } from "../../test/kit/smuggling-corpus.ts";
import type { Refusal } from "./refusal.ts";
import type { RequestHead } from "./request-head.ts";
import { type RequestEvents, RequestParser } from "./request-parser.ts";

type Event =
  | { head: Pick<RequestHead, "method" | "target" | "host" | "length" | "keepsAlive" | "expectsContinue"> }
  | { data: string }
  | "end"
  | { refused: number; message: string };

const LIMITS = { headBytesMax: 512, bodyBytesMax: 100 };

/** Everything the parser says, pieces of one body joined, request after request as on one connection. */
function read(pieces: readonly Uint8Array[]): Event[] {
  const events: Event[] = [];
  const listener: RequestEvents = {
    head: ({ method, target, host, length, keepsAlive, expectsContinue }) =>
      events.push({ head: { method, target, host, length, keepsAlive, expectsContinue } }),
    data(bytes) {
      const last = events.at(-1);
      const text = Buffer.from(bytes).toString("latin1");
      if (typeof last === "object" && "data" in last) last.data += text;
      else events.push({ data: text });
    },
    end: () => events.push("end"),
    refused: ({ status, message }: Refusal) => events.push({ refused: status, message }),
  };
  const parser = new RequestParser(listener, LIMITS);
  for (const piece of pieces) {
    let rest = piece;
    for (;;) {
      const used = parser.push(rest);
      if (events.at(-1) === "end") parser.next();
      if (used === rest.byteLength || (used === 0 && events.some((event) => typeof event === "object" && "refused" in event)))
        break;
      rest = rest.subarray(used);
    }
  }
  return events;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const whole = (text: string): Event[] => read([bytes(text)]);
const heads = (events: readonly Event[]) =>
  events.flatMap((event) => (typeof event === "object" && "head" in event ? [event.head] : []));
const refusals = (events: readonly Event[]) =>
  events.flatMap((event) => (typeof event === "object" && "refused" in event ? [event.refused] : []));

const H = "Host: a.example\r\n";

describe("what is read", () => {
  test("a request without a body", () => {
    const head = {
      method: "GET",
      target: "/v1/models?a=b",
      host: "a.example",
      length: 0,
      keepsAlive: true,
      expectsContinue: false,
    };
    expect(whole(`GET /v1/models?a=b HTTP/1.1\r\n${H}\r\n`)).toEqual([{ head }, "end"]);
  });

  test("bodies by length and in chunks, with extensions and trailers, which go no further", () => {
    const sized = whole(`POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`);
    expect(sized.slice(1)).toEqual([{ data: "hello" }, "end"]);
    const chunked = whole(
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n00A\r\n, the mill\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
    expect(chunked.slice(1)).toEqual([{ data: "hello, the mill" }, "end"]);
    expect(heads(chunked)[0]?.length).toBeUndefined();
  });

  test("one request after the other, empty lines between them", () => {
    const events = whole(
      `GET /1 HTTP/1.1\r\n${H}\r\n\r\n\r\nPOST /2 HTTP/1.1\r\n${H}Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n${H}\r\n`,
    );
    expect(heads(events).map(({ target }) => target)).toEqual(["/1", "/2", "/3"]);
    expect(refusals(events)).toEqual([]);
  });

  test("an absolute target names the host; it may not name another than `Host`", () => {
    const [head] = heads(whole(`GET http://A.example:80?x HTTP/1.1\r\nHost: a.example:80\r\n\r\n`));
    expect(head).toMatchObject({ target: "/?x", host: "A.example:80" });
    expect(refusals(whole(`GET http://b.example/ HTTP/1.1\r\n${H}\r\n`))).toEqual([400]);
    expect(refusals(whole(`GET http://a.example@b.example/ HTTP/1.1\r\nHost: a.example@b.example\r\n\r\n`))).toEqual([400]);
  });

  test("HTTP/1.0 needs no host and keeps no connection; 1.1 keeps it unless told otherwise", () => {
    expect(heads(whole("GET / HTTP/1.0\r\n\r\n"))[0]).toMatchObject({ host: "", keepsAlive: false });
    expect(heads(whole("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))[0]?.keepsAlive).toBe(false);
    expect(heads(whole(`GET / HTTP/1.1\r\n${H}Connection: x, Close\r\n\r\n`))[0]?.keepsAlive).toBe(false);
  });

  test("a client that waits for 100 Continue says so", () => {
    expect(heads(whole(`POST / HTTP/1.1\r\n${H}Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n`))[0]?.expectsContinue).toBe(
      true,
    );
  });
});

const CHUNKED = `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`;

describe("what is refused, and nothing after it is read", () => {
  test.each(smugglingCorpus)("%s", (_what, request, status) => {
    const events = whole(`${request}GET /smuggled HTTP/1.1\r\n${H}\r\n`);
    expect(refusals(events)).toEqual([status]);
    expect(events.at(-1)).toMatchObject({ refused: status });
    expect(heads(events).map(({ target }) => target)).not.toContain("/smuggled");
    expect(heads(events).map(({ target }) => target)).not.toContain("/admin");
  });

  test("a refusal never repeats what was sent", () => {
    for (const [, request] of smugglingCorpus) {
      const last = whole(request).at(-1);
      if (typeof last === "object" && "refused" in last) expect(last.message).not.toContain("smuggled");
    }
    const secret = whole(`GET /secret HTTP/1.1\r\n${H}Content-Length: secret\r\n\r\n`).at(-1);
    expect(JSON.stringify(secret)).not.toContain("secret");
  });

  const pieces = fc.constantFrom(
    ...smugglingCorpus.map(([, request]) => request),
    `GET / HTTP/1.1\r\n${H}\r\n`,
    `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
    `${CHUNKED}5;a="b"\r\nhello\r\n00A\r\n, the mill\r\n0\r\nX-Sum: 1\r\n\r\n`,
    "\r\n",
  );

  test("however the bytes are cut, the events are the same", () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (requests, cuts) => {
          const all = bytes(requests.join(""));
          const at = [...new Set([0, ...cuts.map((cut) => cut % (all.byteLength + 1)), all.byteLength])].sort((a, b) => a - b);
          const cut = at.slice(1).map((end, index) => all.subarray(at[index], end));
          expect(read(cut)).toEqual(read([all]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("byte by byte too", () => {
    for (const [, request] of smugglingCorpus) {
      if (request.length > 3000) continue;
      expect(read([...bytes(request)].map((byte) => Uint8Array.of(byte)))).toEqual(whole(request));
    }
  });

  test("whatever comes, it is read or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), fc.boolean(), (noise, isAfterHead) => {
        const start = isAfterHead ? [bytes(CHUNKED)] : [];
        expect(refusals(read([...start, ...noise])).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
