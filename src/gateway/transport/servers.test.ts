import { expect, test } from "bun:test";
import fc from "fast-check";
import { failureOf } from "../../../test/kit/whole-answer.ts";
import { Servers } from "./servers.ts";

test("says the same of an address met before as of a new one, and as the URL standard", () => {
  const servers = new Servers();
  const base = fc.constantFrom(
    "http://127.0.0.1:8080",
    "https://example.test",
    "https://example.test:8443/base",
    "HTTP://Example.test",
  );
  const part = fc.constantFrom(
    "/v1/messages",
    "?beta=true",
    "/..",
    "/a b",
    "/%2e%2e/x",
    "/ü",
    "#end",
    "/a\\b",
    "//x",
    "\t",
    "?a=b'c\"d",
  );
  fc.assert(
    fc.property(base, fc.array(part, { maxLength: 4 }), (start, parts) => {
      const address = start + parts.join("");
      const { origin, host, pathname, search } = new URL(address);
      for (const _meeting of [1, 2]) {
        const { server, target } = servers.find(address);
        expect([server.origin, server.host, target]).toEqual([origin, host, pathname + search]);
      }
    }),
    { numRuns: 500 },
  );
});

test("refuses what is no URL", async () => {
  expect(await failureOf(Promise.try(() => new Servers().find("nowhere")))).toBe("option_invalid");
});
