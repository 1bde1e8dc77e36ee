import { describe, expect, test } from "bun:test";
import { Readable } from "node:stream";
import { MillraceError } from "../base/index.ts";
import type { Command } from "./command.ts";
import { runMillrace } from "./run.ts";

const work = (run: Command["run"]): Command => ({ about: "Works.", flags: { json: { about: "as JSON" } }, examples: [], run });
const entry = (run: Command["run"] = async () => 0) => ({ summary: "work", load: async () => work(run) });

async function run(line: string, commands?: Parameters<typeof runMillrace>[2]) {
  const written = { out: "", err: "" };
  const terminal = {
    out: (text: string) => {
      written.out += `${text}\n`;
    },
    err: (text: string) => {
      written.err += `${text}\n`;
    },
    pipe: () => Promise.reject(new Error("Nothing is piped here.")),
    input: () => Readable.from([]),
    status: undefined,
  };
  const code = await runMillrace(line === "" ? [] : line.split(" "), terminal, commands);
  return { code, ...written };
}

const commands = { serve: entry(), "token create": entry(), "token list": entry(async () => 7) };

describe("finding a command", () => {
  test("runs it and ends with its code", async () => {
    expect(await run("token list", commands)).toEqual({ code: 7, out: "", err: "" });
  });

  test.each([
    ["srve", 'millrace: there is no command "srve"; did you mean `millrace serve`? (see `millrace --help`)\n'],
    [
      "token creat",
      'millrace token: there is no command "creat"; did you mean `millrace token create`? (see `millrace token --help`)\n',
    ],
    ["kubernetes", 'millrace: there is no command "kubernetes" (see `millrace --help`)\n'],
    ["kubernetes --help", 'millrace: there is no command "kubernetes" (see `millrace --help`)\n'],
    ["--port 1", "millrace: a command comes before --port (see `millrace --help`)\n"],
    ["serve --jsno", "millrace serve: there is no flag --jsno; did you mean --json? (see `millrace serve --help`)\n"],
  ])("%j is wrong usage: one line, code 2, nothing on stdout", async (line, err) => {
    expect(await run(line, commands)).toEqual({ code: 2, out: "", err });
  });

  test.each(["", "token"])("%j alone shows the commands as wrong usage", async (line) => {
    const { code, out, err } = await run(line, commands);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("token create");
    expect(err.includes("serve")).toBe(line === "");
  });
});

describe("help", () => {
  test.each(["--help", "-h", "help", "token --help", "help token", "serve --help", "help serve", "token list -h --nonsense"])(
    "%s goes to stdout with code 0",
    async (line) => {
      const { code, out, err } = await run(line, commands);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toContain("Usage: millrace");
    },
  );

  test("after `--` is a word like any other", async () => {
    expect((await run("serve -- --help", commands)).code).toBe(2);
  });
});

describe("failures", () => {
  test("of ours are told by their message alone, code 1", async () => {
    const failing = entry(() => Promise.reject(new MillraceError("config_invalid", "The port is wrong.")));
    expect(await run("serve", { serve: failing })).toEqual({ code: 1, out: "", err: "millrace serve: The port is wrong.\n" });
  });

  test("that nobody expected come with their stack", async () => {
    const failing = entry(() => Promise.reject(new RangeError("odd")));
    const { code, err } = await run("serve", { serve: failing });
    expect(code).toBe(1);
    expect(err).toContain("millrace serve: RangeError: odd");
  });
});
