// Reads the words after a command's name. Mistakes are values: one line with what is wrong and what was probably meant.

import { parseArgs } from "node:util";
import { nearestName } from "../base/index.ts";
import type { Command, Input } from "./command.ts";

export type Parsed = { readonly kind: "input"; readonly input: Input } | { readonly kind: "mistake"; readonly mistake: string };

const mistake = (text: string): Parsed => ({ kind: "mistake", mistake: text });

type Takes = Pick<Command, "flags" | "operand" | "operandDefault" | "manyOperands">;

export function parseArguments(args: readonly string[], { flags, operand, operandDefault, manyOperands }: Takes): Parsed {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  // Not strict: the tokens are judged here, because the platform's messages do not say what was meant.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Record<string, string> = {};
  const switches = new Set<string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (!flag || !token.rawName.startsWith("--")) return mistake(unknownFlag(token.rawName, flags));
    if (flag.value === undefined) {
      if (token.value !== undefined) return mistake(`--${token.name} takes no value`);
      switches.add(token.name);
      continue;
    }
    if (!token.value || (/^-./.test(token.value) && !token.inlineValue))
      return mistake(`--${token.name} needs a value: ${flag.value}`);
    const problem = flag.check?.(token.value);
    if (problem !== undefined) return mistake(`--${token.name} ${problem}`);
    const before = flag.repeated ? values[token.name] : undefined;
    values[token.name] = before === undefined ? token.value : `${before},${token.value}`;
  }
  const absent = Object.entries(flags).find(([name, flag]) => flag.required && values[name] === undefined);
  if (absent) return mistake(`--${absent[0]} ${absent[1].value} is missing`);
  if (words.length === 0 && operandDefault !== undefined) words.push(operandDefault);
  if (operand !== undefined && words.length === 0) return mistake(`${operand} is missing`);
  const extra = words[operand === undefined ? 0 : 1];
  if (extra !== undefined && !manyOperands) return mistake(`${JSON.stringify(extra)} is one word too many`);
  return { kind: "input", input: { values, switches, operand: words[0] ?? "", operands: words } };
}

function unknownFlag(written: string, flags: Command["flags"]): string {
  const near = nearestName(written.replace(/^-+/, ""), [...Object.keys(flags), "help"]);
  return `there is no flag ${written}${near === undefined ? "" : `; did you mean --${near}?`}`;
}
