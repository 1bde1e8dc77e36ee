// Which requests belong together: the same session of the same credential, in the order in which headers count.

import { expect, test } from "bun:test";
import { sessionKeyOf } from "./session-key.ts";

const keyOf = (headers: Record<string, string>) => sessionKeyOf(new Headers(headers));

test("a session is named by the first header that counts, and by no other", () => {
  const headers = {
    "x-session-id": "6",
    "x-session-affinity": "5",
    "session-id": "4",
    "thread-id": "3",
    "x-claude-code-session-id": "2",
    "x-millrace-session": "1",
  };
  const seen = new Set<string | undefined>();
  for (const name of Object.keys(headers).reverse()) {
    const left: Record<string, string> = Object.fromEntries(
      Object.entries(headers).slice(0, 1 + Object.keys(headers).indexOf(name)),
    );
    expect(keyOf(left)).toBe(keyOf({ [name]: headers[name as keyof typeof headers] }));
    seen.add(keyOf(left));
  }
  expect(seen.size).toBe(6);
  expect(keyOf({ "content-type": "text/plain", authorization: "Bearer a" })).toBeUndefined();
  expect(keyOf({ "thread-id": "" })).toBeUndefined();
});

test("the same id of another credential is another session, and neither is in the key", () => {
  const keys = [
    {},
    { authorization: "Bearer a" },
    { "x-api-key": "a" },
    { authorization: "Bearer a", "x-api-key": "b" },
    { authorization: "Bearer ab" },
  ].map((credential) => keyOf({ "thread-id": "thread-of-ada", ...credential } as Record<string, string>));
  expect(new Set(keys).size).toBe(5);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
});

test("a sub-agent is where its parent is", () => {
  const parent = { "x-claude-code-session-id": "s" };
  expect(keyOf({ ...parent, "x-claude-code-agent-id": "agent" })).toBe(keyOf(parent) as string);
});
