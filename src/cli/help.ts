// The text of `--help`, for the whole program, a group of commands, and one command.

import type { Command, CommandEntry } from "./command.ts";

/** Two aligned columns, indented. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}

const HELP_FLAG = ["--help", "show this text"] as const;

/** The list of commands; `group` limits it to `token ...`. */
export function overview(commands: Readonly<Record<string, CommandEntry>>, group?: string): string {
  const listed = Object.entries(commands).filter(([name]) => group === undefined || name.startsWith(`${group} `));
  const start = group === undefined ? "millrace" : `millrace ${group}`;
  return [
    ...(group === undefined ? ["Millrace: one base URL for every AI coding assistant.\n"] : []),
    `Usage: ${start} COMMAND [FLAGS]\n`,
    "Commands:",
    columns(listed.map(([name, { summary }]) => [name, summary])),
    "",
    "Flags:",
    columns([HELP_FLAG, ...(group === undefined ? [["--version", "show the version"] as const] : [])]),
    "",
    `\`${start} COMMAND --help\` tells more about a command.`,
  ].join("\n");
}

/** Everything about one command. */
export function commandHelp(name: string, { about, flags, operand, operandDefault, manyOperands, examples }: Command): string {
  const entries = Object.entries(flags);
  const written = (flag: string, value: string | undefined) => `--${flag}${value === undefined ? "" : ` ${value}`}`;
  const required = entries.filter(([, flag]) => flag.required).map(([flag, { value }]) => written(flag, value));
  const word = operandDefault === undefined ? operand : `[${operand}]`;
  const works = word === undefined ? [] : [manyOperands ? `${word}...` : word];
  const usage = [`millrace ${name}`, ...required, ...works, "[FLAGS]"].join(" ");
  const rows = entries.map(([flag, { value, about: text, required: must }]): [string, string] => [
    written(flag, value),
    must ? `${text} (required)` : text,
  ]);
  return [
    `Usage: ${usage}\n`,
    `${about}\n`,
    "Flags:",
    columns([...rows, HELP_FLAG]),
    ...(examples.length === 0 ? [] : ["", "Examples:", ...examples.map((example) => `  ${example}`)]),
  ].join("\n");
}
