// Heads as they leave: what belongs to one connection stays, how the body is delimited is said once, and nothing that a
// client or a server wrote can become a second header.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { answerHead, forwardHead } from "./forward-head.ts";
import { type Field, type RequestHead, readHead } from "./request-head.ts";

const WAY = { peer: "10.0.0.9", pseudonym: "millrace-x", trustsProxy: false };
const headOf = (text: string): RequestHead => readHead(text) as RequestHead;
const answer = (more: Partial<Parameters<typeof answerHead>[0]>): string[] =>
  answerHead({ status: 200, fields: [], framing: "length", length: 1, closes: false, pseudonym: "x", ...more }).split("\r\n");

test("a request is written anew, in its order", () => {
  const head = headOf("POST /a?b HTTP/1.1\r\nX-One: 1\r\nHost: h\r\nCookie: a\r\nX-One: 2\r\nCookie: b\r\nContent-Length: 007");
  expect(forwardHead(head, WAY)).toBe(
    "POST /a?b HTTP/1.1\r\nhost: h\r\nx-one: 1\r\ncookie: a\r\nx-one: 2\r\ncookie: b\r\n" +
      "x-forwarded-for: 10.0.0.9\r\nx-forwarded-host: h\r\nx-forwarded-proto: http\r\nvia: 1.1 millrace-x\r\ncontent-length: 7\r\n\r\n",
  );
});

test("`Connection` cannot take away what the next one needs", () => {
  const head = headOf(
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: content-length, host, x-forwarded-for, x-a\r\nX-A: 1",
  );
  const text = forwardHead(head, WAY);
  for (const kept of ["host: h\r\n", "content-length: 5\r\n", "x-forwarded-for: 10.0.0.9\r\n"]) expect(text).toContain(kept);
  expect(text).not.toContain("x-a");
});

test("a request without a body gets none, and one in chunks stays in chunks", () => {
  expect(forwardHead(headOf("GET / HTTP/1.1\r\nHost: h"), WAY)).not.toContain("content-length");
  expect(forwardHead(headOf("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0"), WAY)).toContain("content-length: 0\r\n");
  expect(forwardHead(headOf("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"), WAY)).toContain(
    "\r\ntransfer-encoding: chunked\r\n",
  );
});

test("whatever head is read, the one that is written reads the same, and is of one request", () => {
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
  const value = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (fields) => {
      const read = readHead(["GET /x HTTP/1.1", "Host: h", ...fields.map((field) => field.join(": "))].join("\r\n"));
      if ("code" in read) return;
      const again = readHead(forwardHead(read, WAY).slice(0, -4));
      expect("code" in again).toBe(false);
      expect((again as RequestHead).length).toBe(read.length);
      expect((again as RequestHead).host).toBe("h");
    }),
  );
});

test("an answer: its body is delimited once, headers of the connection stay", () => {
  const fields: Field[] = [
    ["content-type", "text/plain"],
    ["connection", "keep-alive, x-mine"],
    ["x-mine", "1"],
    ["keep-alive", "timeout=5"],
    ["transfer-encoding", "chunked"],
    ["set-cookie", "a"],
    ["set-cookie", "b"],
    ["via", "1.1 app"],
  ];
  expect(answer({ fields, framing: "chunked" })).toEqual([
    ...["HTTP/1.1 200 OK", "content-type: text/plain", "set-cookie: a", "set-cookie: b", "via: 1.1 app, 1.1 x"],
    ...["transfer-encoding: chunked", "", ""],
  ]);
  expect(answer({ fields: [["content-length", "5"]], length: 5, closes: true })).toEqual([
    ...["HTTP/1.1 200 OK", "via: 1.1 x", "content-length: 5", "connection: close", "", ""],
  ]);
});

test("an answer without a body still says how long it would be, but 204 never", () => {
  const fields: Field[] = [["content-length", "5"]];
  expect(answer({ fields, framing: "none" })).toContain("content-length: 5");
  expect(answer({ fields, framing: "none", status: 304 })).toContain("content-length: 5");
  expect(answer({ fields, framing: "none", status: 204 })).not.toContain("content-length: 5");
});
