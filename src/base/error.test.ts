import { expect, test } from "bun:test";
import { MillraceError } from "./error.ts";

test("an error carries its code, message and cause", () => {
  const cause = new Error("disk full");
  const error = new MillraceError("store_unavailable", "The store refused.", { cause });
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.message]).toEqual(["MillraceError", "store_unavailable", "The store refused."]);
  expect(error.cause).toBe(cause);
});

test("it is known by code, and nothing else passes for one", () => {
  const error = new MillraceError("key_invalid", "Empty.");
  expect(MillraceError.is(error)).toBe(true);
  expect(MillraceError.is(error, "key_invalid")).toBe(true);
  expect(MillraceError.is(error, "store_corrupt")).toBe(false);
  for (const other of [null, undefined, "key_invalid", new Error("x"), { code: "key_invalid", name: "MillraceError" }]) {
    expect(MillraceError.is(other)).toBe(false);
  }
});

test("an error of another loaded copy of the package is known too", async () => {
  const again = "./error.ts?copy";
  const copy = (await import(again)) as { MillraceError: typeof MillraceError };
  const error = new copy.MillraceError("upstream_cut", "Cut.");
  expect(copy.MillraceError).not.toBe(MillraceError);
  expect(error).not.toBeInstanceOf(MillraceError);
  expect(MillraceError.is(error, "upstream_cut")).toBe(true);
});
