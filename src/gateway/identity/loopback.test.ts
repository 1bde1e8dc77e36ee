import { expect, test } from "bun:test";
import { isLoopbackHost, loopbackGuard } from "./loopback.ts";

const loopback = [
  "localhost",
  "LocalHost:7878",
  "localhost.",
  "localhost.:80",
  "localhost:",
  "app.localhost",
  "a.b-c.localhost:1",
  "127.0.0.1",
  "127.0.0.1:65535",
  "127.255.255.254",
  "127.1.2.3:80",
  "[::1]",
  "[::1]:7878",
];
const elsewhere = [
  "",
  " ",
  ":80",
  ".",
  ".localhost",
  "a..localhost",
  "localhost..",
  "evil.com",
  "127.0.0.1.evil.com",
  "localhost.evil.com",
  "evil-localhost",
  "evillocalhost:80",
  "localhost:80:80",
  "localhost:80.evil.com",
  "localhost:x",
  "localhost:123456",
  "localhost@evil.com",
  "evil.com@localhost",
  "user:pass@localhost",
  "localhost/",
  "localhost#evil.com",
  "localhost?evil.com",
  "localhost\\evil.com",
  "localhost evil.com",
  "localhost,evil.com",
  "localhost, localhost",
  "localhost\n",
  "localhost%00",
  "ｌocalhost",
  "loc\u00adalhost",
  "lоcalhost",
  "0x7f.1",
  "0x7f000001",
  "2130706433",
  "0177.0.0.1",
  "127.1",
  "127.0.1",
  "127.0.0.256",
  "127.0.0.01",
  "127.0.0.1.",
  "127.0.0.1.2",
  "127.0.0.-1",
  "128.0.0.1",
  "0.0.0.0",
  "10.0.0.1",
  "169.254.169.254",
  "192.168.0.1",
  "::",
  "::1:80",
  "[::]",
  "[::2]",
  "[::1",
  "::1]",
  "[::1]evil",
  "[::1].evil.com",
  "[::1%25lo]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:0:0:1]",
  "[fe80::1]",
  `${"a.".repeat(200)}localhost`,
  `${"a".repeat(10_000_000)}.localhost`,
];

test.each(loopback)("%p is this machine", (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each(elsewhere)("%p is not this machine", (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});

test("a listening address may be a bare ::1", () => {
  expect(isLoopbackHost("::1")).toBe(true);
});

test.each(loopback)("a call to %p may come in", (host) => {
  expect(loopbackGuard(new Headers({ host }))).toBeUndefined();
});

/** What fits into a header at all. */
const sendable = (value: string): boolean => /^[\x20-\x7e]*$/.test(value) && value.length < 10_000;

test.each(elsewhere.filter(sendable))("a call to %p is refused", (host) => {
  expect(loopbackGuard(new Headers({ host }))).toMatchObject({ refused: "permission" });
});

test("a call without a host is refused", () => {
  expect(loopbackGuard(new Headers())).toMatchObject({ refused: "permission" });
});

test.each(["http://localhost", "https://LOCALHOST:3000", "http://127.0.0.1:5173", "http://[::1]:80", "http://app.localhost."])(
  "a page of %p may call",
  (origin) => {
    expect(loopbackGuard(new Headers({ host: "localhost", origin }))).toBeUndefined();
  },
);

test.each([
  "null",
  "",
  "https://evil.com",
  "http://localhost.evil.com",
  "http://127.0.0.1.evil.com",
  "http://localhost@evil.com",
  "http://evil.com#localhost",
  "http://evil.com/localhost",
  "http://localhost/",
  "http://localhost http://evil.com",
  "http://localhost, https://evil.com",
  "//localhost",
  "localhost",
  "file://",
  "file://localhost",
  "ftp://localhost",
  "data:text/html,localhost",
  "chrome-extension://abcdefgh",
  "vscode-webview://localhost",
  "xhttp://localhost",
  "http:///localhost",
  "http://0x7f.1",
  "http://::1",
])("a page of %p is refused", (origin) => {
  expect(loopbackGuard(new Headers({ host: "localhost", origin }))).toMatchObject({ refused: "permission" });
});

test.each([
  ["cross-site", false],
  ["Cross-Site", false],
  ["same-site", true],
  ["same-origin", true],
  ["none", true],
])("a request that a browser calls %p comes in: %p", (site, comesIn) => {
  expect(loopbackGuard(new Headers({ host: "localhost", "sec-fetch-site": site })) === undefined).toBe(comesIn);
});

test("two Host or Origin headers are one that is refused", () => {
  const headers = new Headers({ host: "localhost" });
  headers.append("origin", "http://localhost");
  headers.append("origin", "https://evil.com");
  expect(loopbackGuard(headers)).toMatchObject({ refused: "permission" });
});

test.each([
  ["127.0.0.1", true],
  ["::1, 127.0.0.2", true],
  ["10.0.0.9", false],
  ["127.0.0.1, 10.0.0.9", false],
  ["10.0.0.9, 127.0.0.1", false],
  ["unknown", false],
  ["", false],
])("what a proxy passes on from %p comes in: %p", (address, comesIn) => {
  expect(loopbackGuard(new Headers({ host: "localhost", "x-forwarded-for": address })) === undefined).toBe(comesIn);
});
