import { expect, test } from "bun:test";
import { parseArguments } from "./arguments.ts";

const flags = {
  user: { value: "USER", about: "", required: true },
  port: { value: "PORT", about: "", check: (text: string) => (/^\d+$/.test(text) ? undefined : "is no port") },
  json: { about: "" },
} as const;

const parse = (line: string, operand?: string) =>
  parseArguments(line === "" ? [] : line.split(" "), { flags, ...(operand === undefined ? {} : { operand }) });

test("flags, switches and the operand in any order", () => {
  const words = { operand: "x1", operands: ["x1"] };
  const expected = { kind: "input", input: { values: { user: "ada", port: "80" }, switches: new Set(["json"]), ...words } };
  expect(parse("--user ada --port=80 --json x1", "ID")).toEqual(expected as never);
  expect(parse("x1 --json --port 80 --user=ada", "ID")).toEqual(expected as never);
});

test("the last of two counts; a value may start with a dash after `=`; `--` ends flags", () => {
  expect(parse("--user a --user b")).toMatchObject({ input: { values: { user: "b" } } });
  expect(parse("--user=-a")).toMatchObject({ input: { values: { user: "-a" } } });
  expect(parse("--user a -- --json", "ID")).toMatchObject({ input: { operand: "--json" } });
  expect(parse("--user - -", "ID")).toMatchObject({ input: { values: { user: "-" }, operand: "-" } });
});

test("a command that takes several operands has them in their order", () => {
  const words = ["b", "--user", "ada", "a", "-"];
  const parsed = parseArguments(words, { flags, operand: "FILE", manyOperands: true });
  expect(parsed).toMatchObject({ input: { operand: "b", operands: ["b", "a", "-"] } });
});

test.each([
  ["", undefined, "--user USER is missing"],
  ["--user", undefined, "--user needs a value: USER"],
  ["--user=", undefined, "--user needs a value: USER"],
  ["--user --json", undefined, "--user needs a value: USER"],
  ["--user a --jsn", undefined, "there is no flag --jsn; did you mean --json?"],
  ["--user a --kubernetes", undefined, "there is no flag --kubernetes"],
  ["--user a --constructor", undefined, "there is no flag --constructor"],
  ["-u a", undefined, "there is no flag -u"],
  ["--user a --json=1", undefined, "--json takes no value"],
  ["--user a --no-json", undefined, "there is no flag --no-json"],
  ["--user a --port x", undefined, "--port is no port"],
  ["--user a b", undefined, '"b" is one word too many'],
  ["--user a", "ID", "ID is missing"],
  ["--user a b c", "ID", '"c" is one word too many'],
])("%j (operand %s): %s", (line, operand, mistake) => {
  expect(parse(line, operand)).toEqual({ kind: "mistake", mistake });
});
