import { expect, test } from "bun:test";
import { table } from "./table.ts";

test("columns align, also with wide characters, and lines end without spaces", () => {
  expect(
    table(
      ["ID", "USER", "STATE"],
      [
        ["1", "ada", "valid"],
        ["22", "東京", ""],
      ],
    ),
  ).toBe(["ID  USER  STATE", "1   ada   valid", "22  東京"].join("\n"));
});

test("a cell cannot break its line or colour the terminal", () => {
  expect(table(["A"], [["x\ny\u001b[31mz"]])).toBe("A\nx?y?[31mz");
});
