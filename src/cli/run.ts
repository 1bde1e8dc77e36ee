// From the words after `millrace` to an exit code: finds the command, gives help, tells mistakes, runs.

import { MillraceError, nearestName } from "../base/index.ts";
import { parseArguments } from "./arguments.ts";
import type { CommandEntry } from "./command.ts";
import { commands as everyCommand } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

type Commands = Readonly<Record<string, CommandEntry>>;

const FAILED = 1;
const WRONG_USAGE = 2;

const asksForHelp = (args: readonly string[]): boolean => {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((word) => word === "--help" || word === "-h");
};

/** Never throws: whatever goes wrong becomes one message and an exit code. */
export async function runMillrace(
  words: readonly string[],
  terminal: Terminal,
  commands: Commands = everyCommand,
): Promise<number> {
  const args = words[0] === "help" ? [...words.slice(1), "--help"] : words;
  const found = Object.entries(commands).find(([name]) => name.split(" ").every((word, index) => args[index] === word));
  if (!found) return withoutCommand(args, terminal, commands);
  const [name, entry] = found;
  try {
    const command = await entry.load();
    const rest = args.slice(name.split(" ").length);
    if (asksForHelp(rest)) {
      terminal.out(commandHelp(name, command));
      return 0;
    }
    const parsed = parseArguments(rest, command);
    if (parsed.kind === "mistake") return wrongUsage(`millrace ${name}`, parsed.mistake, terminal);
    return await command.run(parsed.input, terminal);
  } catch (error) {
    terminal.err(`millrace ${name}: ${messageOf(error)}`);
    return FAILED;
  }
}

function withoutCommand(args: readonly string[], terminal: Terminal, commands: Commands): number {
  const [first, second] = args;
  const group = Object.keys(commands).some((name) => name.startsWith(`${first} `)) ? first : undefined;
  if (first === "--version") {
    terminal.out(`millrace ${version}`);
    return 0;
  }
  if (asksForHelp(args) && (first?.startsWith("-") || group !== undefined)) {
    terminal.out(overview(commands, group));
    return 0;
  }
  const start = group === undefined ? "millrace" : `millrace ${group}`;
  const word = group === undefined ? first : second;
  if (word === undefined) {
    terminal.err(overview(commands, group));
    return WRONG_USAGE;
  }
  if (word.startsWith("-")) return wrongUsage(start, `a command comes before ${word}`, terminal);
  const known = Object.keys(commands).map((name) => name.split(" "));
  const choices =
    group === undefined ? known.map(([name = ""]) => name) : known.flatMap(([name, sub]) => (name === group && sub ? sub : []));
  const near = nearestName(word, [...new Set(choices)]);
  const meant = near === undefined ? "" : `; did you mean \`${start} ${near}\`?`;
  return wrongUsage(start, `there is no command ${JSON.stringify(word)}${meant}`, terminal);
}

function wrongUsage(start: string, mistake: string, terminal: Terminal): number {
  terminal.err(`${start}: ${mistake} (see \`${start} --help\`)`);
  return WRONG_USAGE;
}

/** Errors of ours say what to do; anything else is a defect, and its stack helps to find it. */
function messageOf(error: unknown): string {
  if (MillraceError.is(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
