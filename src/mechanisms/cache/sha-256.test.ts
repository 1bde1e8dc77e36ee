import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { sha256 } from "./sha-256.ts";

const platform = (text: string) => createHash("sha256").update(text).digest("hex");

test("gives the standard's example", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("gives what the platform gives, at every length around a block's end", () => {
  for (let length = 0; length <= 200; length++) expect(sha256("x".repeat(length))).toBe(platform("x".repeat(length)));
});

test("gives what the platform gives, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => expect(sha256(text)).toBe(platform(text))));
});
