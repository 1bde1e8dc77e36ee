// What a command is: its flags, its help and its work. Exit codes: 0 done, 1 it could not be done, 2 wrong usage.

import type { Terminal } from "./terminal.ts";

export interface Flag {
  /** Word for its value in help (`FILE`); without it the flag is a switch. */
  readonly value?: string;
  readonly about: string;
  readonly required?: true;
  /** It may be given more than once: its values are joined with commas. */
  readonly repeated?: true;
  /** What is wrong with a value and what to write, as the rest of a sentence; undefined when it is fine. */
  readonly check?: (text: string) => string | undefined;
}

export interface Input {
  /** Values of flags by name. Required flags are always there. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly switches: ReadonlySet<string>;
  /** The word after the command, or its default. Always there when the command has an operand. */
  readonly operand: string;
  /** All of them, where there may be several. */
  readonly operands: readonly string[];
}

export interface Command {
  /** A few sentences for `--help`. */
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Word for the one thing it works on (`ID`), which must be given, but for where there is a default. */
  readonly operand?: string;
  /** What it works on when nothing is named. */
  readonly operandDefault?: string;
  /** It works on several as well. */
  readonly manyOperands?: true;
  readonly examples: readonly string[];
  run(input: Input, terminal: Terminal): Promise<number>;
}

/** A command in the list: loaded only when it is called, so that help and mistakes answer at once. */
export interface CommandEntry {
  /** One line for the list of commands. */
  readonly summary: string;
  load(): Promise<Command>;
}
