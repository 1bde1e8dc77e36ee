// Words of the shell that shape commands, and where plain words end.

export const NAME = 0;
/** A command follows. */
export const BEFORE_COMMAND = 1;
/** Part of a compound command; no command follows. */
export const RESERVED = 2;
export const CASE = 3;
export const ESAC = 4;
export const FUNCTION = 5;
export const OPEN_GROUP = 6;
export const CLOSE_GROUP = 7;
/** Names follow that are given to other programs. */
export const EXPORT = 8;
/** The same, if an option says so. */
export const DECLARE = 9;
/** Runs another file. */
export const SOURCE = 10;

const WORDS: readonly (readonly [number, string])[] = [
  [BEFORE_COMMAND, "if then elif else while until do ! time"],
  [RESERVED, "fi done for select in [[ ]] coproc repeat foreach end"],
  [CASE, "case"],
  [ESAC, "esac"],
  [FUNCTION, "function"],
  [OPEN_GROUP, "{"],
  [CLOSE_GROUP, "}"],
  [EXPORT, "export"],
  [DECLARE, "declare typeset"],
  [SOURCE, "source ."],
];

export const shellWords: ReadonlyMap<string, number> = new Map(
  WORDS.flatMap(([code, words]) => words.split(" ").map((word): [string, number] => [word, code])),
);

/** Units that end a plain word: white space, operators, brackets, quotes, `$`, backslash. */
export const endsWord: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) =>
  unit <= 32 || ";&|<>()'\"`$\\".includes(String.fromCharCode(unit)) ? 1 : 0,
);

/** After the plain word that begins at `from`; in `${ }` a brace ends it too. */
export function plainEnd(source: string, from: number, isInExpansion: boolean): number {
  let at = from;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if ((unit < 128 && endsWord[unit] === 1) || (unit === 125 && isInExpansion)) break;
  }
  return at;
}

/** After the letters, digits and underscores from `from` on; `from` itself if a digit comes first. */
export function variableEnd(source: string, from: number): number {
  let at = from;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    const isLetter = (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit === 95;
    if (!isLetter && (at === from || unit < 48 || unit > 57)) break;
  }
  return at;
}

/** Whether [at, end) could name a command or a function: letters, digits, `_`, `-`, and a letter or `_` first. */
export function isNameLike(source: string, at: number, end: number): boolean {
  for (let from = at; from < end; ) {
    const next = variableEnd(source, from);
    if (next === from && (from === at || (source.charCodeAt(from) !== 45 && !isDigit(source.charCodeAt(from))))) return false;
    from = Math.max(next, from + 1);
  }
  return end > at;
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
