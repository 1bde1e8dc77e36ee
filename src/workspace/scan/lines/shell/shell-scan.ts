// One scan of a shell source (sh, bash, zsh): a loop over tokens that knows whether a command may begin, since only there
// `{`, `case` or `name()` mean something. Quotes, substitutions and here-documents say what is no code.

import type { Scan } from "../../record.ts";
import { Heredocs } from "../heredocs.ts";
import { NameCounts } from "../name-counts.ts";
import { Outline } from "../outline.ts";
import * as frames from "./frames.ts";
import * as words from "./words.ts";

const HEREDOC = /^<<(-?)[ \t]{0,8}(?:'([^'\n]{1,80})'|"([^"\n]{1,80})"|\\?([^\s;&|<>()'"`\\]{1,80}))/;

export class ShellScan {
  readonly #source: string;
  readonly #outline: Outline;
  readonly #names = new NameCounts();
  readonly #heredocs: Heredocs;
  readonly #frames: frames.Frames;
  /** A command may begin. */
  #isCommand = true;
  /** Where `function` was, if its name comes; -1. */
  #functionAt = -1;
  #lineAt = 0;
  /** A function whose body comes; -1. */
  #pending = -1;
  /** What the words of this command are to us: NAME, EXPORT, DECLARE or SOURCE. */
  #command = words.NAME;

  constructor(source: string) {
    this.#source = source;
    this.#outline = new Outline(source);
    this.#heredocs = new Heredocs(source);
    this.#frames = new frames.Frames((definition, at) => this.#outline.end(definition, at));
  }

  scan(): Scan {
    const { length } = this.#source;
    let at = this.#source.charCodeAt(0) === 0xfeff ? 1 : 0;
    while (at < length) {
      const unit = this.#source.charCodeAt(at);
      // `| 0` keeps offsets small integers: see the scanner of Python.
      if (unit === 32 || unit === 9 || unit === 13) at++;
      else if (unit < 128 && words.endsWord[unit] === 1) at = this.#readMark(unit, at) | 0;
      else at = this.#readWord(unit, at) | 0;
    }
    while (this.#frames.depth > 0) this.#frames.pop(length);
    const { lines, definitions, imports } = this.#outline.finish(() => true);
    return { lines, definitions, identifiers: this.#names.counts(), imports };
  }

  #readWord(unit: number, at: number): number {
    const { top } = this.#frames;
    const isInExpansion = top?.kind === frames.EXPANSION;
    const before = this.#source.charCodeAt(at - 1);
    const isStart = at === 0 || before <= 32 || (before < 128 && ";&|()<>`".includes(this.#source.charAt(at - 1)));
    if (unit === 125 && isInExpansion) return this.#goOn(this.#frames.pop(at), at + 1);
    if (unit === 35 && isStart && !isInExpansion && top?.kind !== frames.ARITHMETIC) return this.#lineEnd(at);
    const end = words.plainEnd(this.#source, at, isInExpansion);
    if (isStart && this.#functionAt >= 0) return this.#define(at, end);
    if (isStart && top?.kind === frames.CASE && top.phase !== frames.COMMANDS) return this.#readPattern(top, at, end);
    if (isStart && this.#isCommand) return this.#readFirst(at, end);
    if (isStart && this.#command !== words.NAME) this.#readArgument(at, end);
    this.#count(at, end);
    return end;
  }

  /** Counts a word, or the variable it assigns. */
  #count(at: number, end: number): void {
    const variable = words.variableEnd(this.#source, at);
    const isAssigned = variable > at && variable < end && "=+[".includes(this.#source.charAt(variable));
    if (isAssigned) this.#names.count(this.#source.slice(at, variable));
    else if (words.isNameLike(this.#source, at, end)) this.#names.count(this.#source.slice(at, end));
  }

  /** The word between case and in, and the patterns after it. */
  #readPattern(frame: frames.Frame, at: number, end: number): number {
    const word = this.#source.slice(at, end);
    if (frame.phase === frames.HEAD && word === "in") frame.phase = frames.PATTERN;
    else if (frame.phase === frames.PATTERN && word === "esac") this.#endCase(end);
    return end;
  }

  /** The first word of a command. */
  #readFirst(at: number, end: number): number {
    const word = words.shellWords.get(this.#source.slice(at, end)) ?? words.NAME;
    const bracket = this.#spaceEnd(end);
    const isArray = this.#source.charCodeAt(end - 1) === 61;
    if (word !== words.OPEN_GROUP && !isArray && this.#source.charCodeAt(bracket) === 40) {
      if (this.#source.charCodeAt(this.#spaceEnd(bracket + 1)) === 41) return this.#define(at, end);
    }
    const body = this.#pending;
    this.#pending = -1;
    this.#isCommand = word === words.BEFORE_COMMAND || word === words.OPEN_GROUP;
    this.#command = word >= words.EXPORT ? word : words.NAME;
    if (word === words.CASE) this.#frames.open(frames.CASE);
    else if (word === words.ESAC) this.#endCase(end);
    else if (word === words.FUNCTION) this.#functionAt = at;
    else if (word === words.OPEN_GROUP) {
      if (body >= 0) this.#outline.signatureEnd(body, at);
      this.#frames.open(frames.GROUP, body);
    } else if (word === words.CLOSE_GROUP) {
      this.#frames.close(frames.GROUP, end);
      // A zsh group may be followed by `always {`.
      this.#isCommand = this.#source.startsWith(" always {", end);
    } else if (word === words.NAME || word >= words.EXPORT) {
      if (this.#source.charCodeAt(end) !== 61 && this.#isAssignment(at, end)) this.#isCommand = true;
      this.#count(at, end);
    }
    if (word === words.SOURCE) this.#import(at, bracket);
    return end;
  }

  /** `a=1 b` runs b: a command may begin after an assignment. */
  #isAssignment(at: number, end: number): boolean {
    const variable = words.variableEnd(this.#source, at);
    return variable > at && variable < end && this.#source.charCodeAt(variable) === 61;
  }

  #define(at: number, end: number): number {
    const source = this.#source;
    const signatureAt = this.#functionAt === -1 ? at : this.#functionAt;
    this.#functionAt = -1;
    const name = source.slice(at, end);
    if (name === "{") return this.#openGroup(end);
    const index = this.#outline.add("function", name, at, this.#frames.top?.definition ?? -1, signatureAt);
    this.#count(at, end);
    this.#pending = index;
    this.#isCommand = true;
    const bracket = this.#spaceEnd(end);
    const isEmpty = source.charCodeAt(bracket) === 40 && source.charCodeAt(this.#spaceEnd(bracket + 1)) === 41;
    return isEmpty ? this.#spaceEnd(bracket + 1) + 1 : end;
  }

  /** The body of a function without a name. */
  #openGroup(at: number): number {
    this.#frames.open(frames.GROUP);
    this.#isCommand = true;
    return at;
  }

  /** An argument of export and the like. */
  #readArgument(at: number, end: number): void {
    const source = this.#source;
    if (source.charCodeAt(at) === 45) {
      const options = source.slice(at, Math.min(end, at + 12));
      if (options.includes("f") || options.includes("n")) this.#command = words.NAME;
      else if (this.#command === words.DECLARE && options.includes("x")) this.#command = words.EXPORT;
      return;
    }
    const variable = words.variableEnd(source, at);
    const next = source.charAt(variable);
    const isName = variable > at && (variable === end || next === "=" || (next === "+" && source.charAt(variable + 1) === "="));
    const isWhole = variable < end || end >= source.length || /[\s;&|)<>}]/.test(source.charAt(end));
    if (this.#command !== words.EXPORT || !isName || !isWhole) return;
    this.#outline.add("variable", source.slice(at, variable), at, this.#frames.top?.definition ?? -1, this.#lineAt);
  }

  /** `source FILE`: the file as written, without quotes, whatever variables are in it. */
  #import(at: number, from: number): void {
    const match = /^(?:"([^"\n]{1,300})"|'([^'\n]{1,300})'|([^\s;&|<>()'"`]{1,300}))/.exec(this.#source.slice(from, from + 302));
    const specifier = match?.[1] ?? match?.[2] ?? match?.[3];
    if (specifier !== undefined && !specifier.startsWith("#")) this.#outline.addImport(specifier, at, ["*"]);
  }

  #endCase(at: number): void {
    this.#frames.close(frames.CASE, at);
    this.#isCommand = false;
  }

  #readMark(unit: number, at: number): number {
    const next = this.#source.charCodeAt(at + 1);
    switch (unit) {
      case 10:
        return this.#newline(at);
      case 34: // "
        return this.#readText(at + 1);
      case 39: // '
        return this.#readQuoted(at);
      case 96: // `
        return this.#readBacktick(at, false);
      case 36: // $
        return this.#readDollar(at, false);
      case 92: // \
        return at + (next === 13 ? 3 : 2);
      case 40: // (
        return this.#openBracket(next, at);
      case 41: // )
        return this.#closeBracket(at);
      case 60: // <
        return this.#readRedirection(next, at);
      case 59: // ;
      case 38: // &
      case 124: // |
        return this.#endCommand(unit, next, at);
      default:
        return at + 1;
    }
  }

  #newline(at: number): number {
    this.#endWords();
    this.#lineAt = this.#heredocs.skip(at + 1);
    return this.#lineAt;
  }

  /** A command may begin, but in an array or a pattern. */
  #endWords(): void {
    const { top } = this.#frames;
    if (top?.kind === frames.WORDS || top?.kind === frames.ARITHMETIC || top?.kind === frames.EXPANSION) return;
    this.#isCommand = true;
    this.#command = words.NAME;
    this.#functionAt = -1;
  }

  /** `;`, `&`, `|` and what they begin. */
  #endCommand(unit: number, next: number, at: number): number {
    const { top } = this.#frames;
    const endsClause = unit === 59 && (next === 59 || next === 38 || next === 124);
    if (endsClause && top?.kind === frames.CASE) {
      top.phase = frames.PATTERN;
      this.#isCommand = false;
      this.#command = words.NAME;
      return at + (this.#source.charCodeAt(at + 2) === 38 ? 3 : 2);
    }
    // `>&`, `<&`, `&>` and `>|` redirect.
    const before = this.#source.charCodeAt(at - 1);
    if (before === 62 || before === 60 || (unit === 38 && next === 62)) return at + 1;
    if (!(top?.kind === frames.CASE && top.phase !== frames.COMMANDS)) this.#endWords();
    return at + 1;
  }

  #readQuoted(at: number): number {
    // In text a quote in an expansion is a plain unit.
    if (this.#frames.top?.kind === frames.EXPANSION && this.#frames.top.isInText) return at + 1;
    const end = this.#source.indexOf("'", at + 1);
    this.#leaveCommand(at);
    return end === -1 ? this.#source.length : end + 1;
  }

  /** A word that begins with a quote or `$` is the command, or its argument. */
  #leaveCommand(at: number): void {
    const before = this.#source.charCodeAt(at - 1);
    if (before <= 32) this.#isCommand = false;
  }

  /** Text in double quotes from `from` on, up to its end or to what is code in it. */
  #readText(from: number): number {
    const source = this.#source;
    this.#leaveCommand(from - 1);
    let at = from;
    while (at < source.length) {
      const unit = source.charCodeAt(at);
      if (unit === 34) return at + 1;
      if (unit === 92) at += 2;
      else if (unit === 96) return this.#readBacktick(at, true);
      else if (unit === 36) {
        const { depth } = this.#frames;
        at = this.#readDollar(at, true);
        if (this.#frames.depth > depth) return at;
      } else at++;
    }
    return source.length;
  }

  /** What follows a frame that has been closed: more of the text that it is in, or code. */
  #goOn(frame: frames.Frame | undefined, at: number): number {
    if (frame !== undefined) this.#command = frame.command;
    return frame?.isInText === true ? this.#readText(at) : at;
  }

  #readBacktick(at: number, isInText: boolean): number {
    const closed = this.#frames.close(frames.BACKTICK, at);
    if (closed !== undefined) {
      this.#isCommand = false;
      return this.#goOn(closed, at + 1);
    }
    this.#frames.open(frames.BACKTICK, -1, isInText, this.#command);
    this.#isCommand = true;
    return at + 1;
  }

  #readDollar(at: number, isInText: boolean): number {
    const source = this.#source;
    const next = source.charCodeAt(at + 1);
    if (!isInText) this.#leaveCommand(at);
    if (next === 40) {
      const isArithmetic = source.charCodeAt(at + 2) === 40;
      this.#frames.open(isArithmetic ? frames.ARITHMETIC : frames.SUBSTITUTION, -1, isInText, this.#command);
      if (isArithmetic) this.#frames.open(frames.ARITHMETIC, -1, false, this.#command);
      this.#isCommand = !isArithmetic;
      this.#command = words.NAME;
      return at + (isArithmetic ? 3 : 2);
    }
    if (next === 123) {
      this.#frames.open(frames.EXPANSION, -1, isInText, this.#command);
      this.#isCommand = false;
      let name = at + 2;
      while (source.charCodeAt(name) === 33 || source.charCodeAt(name) === 35) name++;
      return this.#countVariable(name);
    }
    if (next === 39 && !isInText) return this.#readEscaped(at + 2);
    if (next === 34 && !isInText) return this.#readText(at + 2);
    const end = this.#countVariable(at + 1);
    if (end > at + 1) return end;
    return next === 34 || next <= 32 || next === 41 ? at + 1 : at + 2;
  }

  #countVariable(at: number): number {
    const end = words.variableEnd(this.#source, at);
    if (end > at) this.#names.count(this.#source.slice(at, end));
    return end;
  }

  /** `$'...'`, in which a backslash escapes. */
  #readEscaped(from: number): number {
    let at = from;
    while (at < this.#source.length && this.#source.charCodeAt(at) !== 39) at += this.#source.charCodeAt(at) === 92 ? 2 : 1;
    return Math.min(at + 1, this.#source.length);
  }

  #openBracket(next: number, at: number): number {
    const { top } = this.#frames;
    const before = this.#source.charCodeAt(at - 1);
    if (top?.kind === frames.ARITHMETIC) this.#frames.open(frames.ARITHMETIC);
    else if (top?.kind === frames.CASE && top.phase !== frames.COMMANDS) return at + 1;
    else if (this.#isCommand && next === 40) {
      this.#frames.open(frames.ARITHMETIC);
      this.#isCommand = false;
    } else if (this.#isCommand && !(before === 61 || before === 43)) {
      this.#frames.open(frames.SUBSHELL, this.#pending);
      if (this.#pending >= 0) this.#outline.signatureEnd(this.#pending, at);
      this.#pending = -1;
    } else if (before === 60 || before === 62) {
      this.#frames.open(frames.SUBSTITUTION, -1, false, this.#command);
      this.#isCommand = true;
      this.#command = words.NAME;
    } else {
      this.#frames.open(frames.WORDS, -1, false, this.#command);
      this.#isCommand = false;
    }
    return at + 1;
  }

  #closeBracket(at: number): number {
    const { top } = this.#frames;
    if (top?.kind === frames.CASE) {
      top.phase = frames.COMMANDS;
      this.#isCommand = true;
      return at + 1;
    }
    const closed = this.#frames.closeBracket(at + 1);
    this.#isCommand = closed?.kind === frames.SUBSHELL;
    return this.#goOn(closed, at + 1);
  }

  #readRedirection(next: number, at: number): number {
    if (next !== 60 || this.#frames.top?.kind === frames.ARITHMETIC) return at + 1;
    if (this.#source.charCodeAt(at + 2) === 60) return at + 3;
    const match = HEREDOC.exec(this.#source.slice(at, at + 95));
    const terminator = match?.[2] ?? match?.[3] ?? match?.[4];
    if (match === null || terminator === undefined) return at + 2;
    this.#heredocs.announce(terminator, match[1] === "-");
    return at + match[0].length;
  }

  #spaceEnd(from: number): number {
    let at = from;
    while (this.#source.charCodeAt(at) === 32 || this.#source.charCodeAt(at) === 9) at++;
    return at;
  }

  #lineEnd(at: number): number {
    const end = this.#source.indexOf("\n", at);
    return end === -1 ? this.#source.length : end;
  }
}
