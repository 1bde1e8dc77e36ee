// Ruby's strings, symbols, regular expressions and words in brackets: how they begin and where their text stops.

export interface Literal {
  /** Of brackets that nest; 0 where the same unit opens and closes. */
  readonly open: number;
  readonly close: number;
  /** Whether `#{` begins code. */
  readonly hasFields: boolean;
  readonly isRegex: boolean;
  /** Open brackets of its own kind in it. */
  readonly depth: number;
}

export interface Stop {
  readonly at: number;
  /** The literal that goes on after a field that begins at `at`; undefined if it is over. */
  readonly rest: Literal | undefined;
}

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };

export function literal(opener: string, hasFields: boolean, isRegex = false): Literal {
  const closer = CLOSERS[opener];
  const open = closer === undefined ? 0 : opener.charCodeAt(0);
  return { open, close: (closer ?? opener).charCodeAt(0), hasFields, isRegex, depth: 0 };
}

/** Reads text from `from` to the end of the literal or to its next field. */
export function textStop(source: string, from: number, { depth: depthBefore, ...literal }: Literal): Stop {
  const { open, close, hasFields } = literal;
  let depth = depthBefore;
  let at = from;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 92) at++;
    else if (unit === close) {
      if (depth === 0) return { at: literal.isRegex ? flagsEnd(source, at + 1) : at + 1, rest: undefined };
      depth--;
    } else if (unit === open) depth++;
    else if (hasFields && unit === 35 && source.charCodeAt(at + 1) === 123) return { at: at + 2, rest: { ...literal, depth } };
  }
  return { at: Math.min(at, source.length), rest: undefined };
}

function flagsEnd(source: string, from: number): number {
  let at = from;
  while (source.charCodeAt(at) >= 97 && source.charCodeAt(at) <= 122) at++;
  return at;
}

/** `%w[`, `%(` and so on at `at`. @returns the literal and where its text begins; undefined if it is none. */
export function percentLiteral(source: string, at: number): { text: number; literal: Literal } | undefined {
  const letter = source.charAt(at + 1);
  const isLetter = /[qQwWiIrsx]/.test(letter);
  const opener = isLetter ? source.charAt(at + 2) : letter;
  if (!/[!-/:-@[-`{-~]/.test(opener)) return undefined;
  const hasFields = !isLetter || /[QWIrx]/.test(letter);
  return { text: at + (isLetter ? 3 : 2), literal: literal(opener, hasFields, letter === "r") };
}

/** The length of the operator that may be a method's name or a symbol at `at`; 0. */
export function operatorLength(source: string, at: number): number {
  const match = /^(?:\[\]=?|<=>|===?|=~|![=~]?|\*\*?|[+-]@?|~@?|<<|>>|<=|>=|[<>/%&|^`])/.exec(source.slice(at, at + 3));
  return match?.[0].length ?? 0;
}

/** `<<~WORD` and its kind at `at`. @returns its parts and length; undefined if it is none. */
export function heredocAt(source: string, at: number): { terminator: string; isIndented: boolean; length: number } | undefined {
  const match = /^<<([~-]?)(?:([A-Za-z_]\w*)|(["'`])([^"'`\n]{1,80})\3)/.exec(source.slice(at, at + 90));
  const terminator = match?.[2] ?? match?.[4];
  if (match === null || terminator === undefined) return undefined;
  return { terminator, isIndented: match[1] !== "", length: match[0].length };
}
