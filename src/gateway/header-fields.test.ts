import { expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderFields } from "./header-fields.ts";

test("reads, sets, adds and removes fields in their order", () => {
  const fields = new HeaderFields([["content-type", "application/json"]]);
  fields.append("set-cookie", "a=1");
  fields.append("set-cookie", "b=2");
  fields.set("x-request-id", "1");
  fields.set("x-request-id", "2");
  expect([...fields]).toEqual([
    ["content-type", "application/json"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-request-id", "2"],
  ]);
  fields.delete("set-cookie");
  expect([fields.get("set-cookie"), fields.has("set-cookie"), fields.has("x-request-id")]).toEqual([null, false, true]);
});

test("a copy and a selection are lists of their own", () => {
  const fields = new HeaderFields([
    ["a", "1"],
    ["b", "2"],
  ]);
  const copy = fields.copy();
  const some = fields.filter((name) => name !== "a");
  fields.set("b", "3");
  expect([copy.get("b"), some.get("b"), some.has("a")]).toEqual(["2", "2", false]);
});

test("answers as the platform's Headers do", () => {
  const name = fc.constantFrom("a", "b", "c");
  const act = fc.record({ kind: fc.constantFrom("set", "append", "delete"), name, value: fc.constantFrom("1", "2", "3") });
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      const [ours, theirs] = [new HeaderFields(), new Headers()];
      for (const { kind, name, value } of acts) {
        if (kind === "set") ours.set(name, value);
        if (kind === "set") theirs.set(name, value);
        if (kind === "append") ours.append(name, value);
        if (kind === "append") theirs.append(name, value);
        if (kind === "delete") ours.delete(name);
        if (kind === "delete") theirs.delete(name);
      }
      for (const known of ["a", "b", "c"]) {
        expect(ours.get(known)).toBe(theirs.get(known));
        expect(ours.has(known)).toBe(theirs.has(known));
      }
    }),
  );
});
