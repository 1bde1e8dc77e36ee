import { expect, test } from "bun:test";
import fc from "fast-check";
import { readCredentials } from "./credential.ts";

test.each([
  [{}, []],
  [{ authorization: "Bearer abc" }, ["abc"]],
  [{ authorization: "bEaReR   abc  " }, ["abc"]],
  [{ authorization: "Bearer\tabc" }, ["abc"]],
  [{ authorization: "mr_bare" }, ["mr_bare"]],
  [{ authorization: "Bearer" }, []],
  [{ authorization: "Bearer " }, []],
  [{ authorization: "Bearerabc" }, ["Bearerabc"]],
  [{ authorization: "Basic dXNlcg==" }, ["Basic dXNlcg=="]],
  [{ authorization: "" }, []],
  [{ "x-api-key": "abc" }, ["abc"]],
  [{ "X-API-Key": "  abc " }, ["abc"]],
  [{ "x-api-key": "" }, []],
  [{ authorization: "Bearer abc", "x-api-key": "abc" }, ["abc"]],
  [{ authorization: "Bearer one", "x-api-key": "two" }, ["one", "two"]],
  [{ authorization: "Bearer", "x-api-key": "two" }, ["two"]],
] as [Record<string, string>, string[]][])("%p carries %p", (headers, credentials) => {
  expect(readCredentials(new Headers(headers))).toEqual(credentials);
});

test("garbage is read, never thrown at", () => {
  const latin = fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 80 }).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(latin, latin, (authorization, apiKey) => {
      const credentials = readCredentials(new Headers({ authorization, "x-api-key": apiKey }));
      for (const credential of credentials) expect(credential).toBe(credential.trim());
      expect(credentials).not.toContain("");
    }),
  );
});
