// Finds the place where a text stops being JSON (RFC 8259), which the runtime does not tell, and without repeating any
// of the text: a configuration file may hold secrets. JSON.parse stays the judge of what is JSON.

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy;

type Expectation = "value" | "value or ]" | "key" | "key or }" | ":" | ", or }" | ", or ]" | "end";

/** Line and column (both from 1) of the first thing that cannot stand there, and what could; undefined for valid JSON. */
export function jsonProblem(text: string): { line: number; column: number; expected: string } | undefined {
  const open: ("{" | "[")[] = [];
  let awaited: Expectation = "value";
  let offset = 0;
  while (awaited !== "end") {
    TOKEN.lastIndex = offset;
    const token: RegExpExecArray | null = TOKEN.exec(text);
    const next: Expectation | undefined = token ? step(awaited, token, open) : undefined;
    if (!token || !next) return place(text, offset, awaited);
    awaited = next;
    offset = TOKEN.lastIndex;
  }
  return /^[ \t\r\n]*$/.test(text.slice(offset)) ? undefined : place(text, offset, awaited);
}

const afterValue = (open: readonly ("{" | "[")[]): Expectation => {
  const innermost = open.at(-1);
  if (innermost === undefined) return "end";
  return innermost === "{" ? ", or }" : ", or ]";
};

function step(awaited: Expectation, token: RegExpExecArray, open: ("{" | "[")[]): Expectation | undefined {
  const [, mark, string, literal] = token;
  const closes = (awaited.endsWith("}") && mark === "}") || (awaited.endsWith("]") && mark === "]");
  if (closes) {
    open.pop();
    return afterValue(open);
  }
  if (awaited.startsWith("value")) {
    if (mark === "{" || mark === "[") {
      open.push(mark);
      return mark === "{" ? "key or }" : "value or ]";
    }
    return string !== undefined || literal !== undefined ? afterValue(open) : undefined;
  }
  if (awaited.startsWith("key")) return string !== undefined ? ":" : undefined;
  if (awaited === ":") return mark === ":" ? "value" : undefined;
  if (mark !== ",") return undefined;
  return open.at(-1) === "{" ? "key" : "value";
}

const inWords: Record<Expectation, string> = {
  value: "a value",
  "value or ]": "a value or `]`",
  key: "a name in double quotes",
  "key or }": "a name in double quotes or `}`",
  ":": "`:`",
  ", or }": "`,` or `}`",
  ", or ]": "`,` or `]`",
  end: "the end of the file",
};

function place(text: string, offset: number, awaited: Expectation): { line: number; column: number; expected: string } {
  const start = offset + (/^[ \t\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0);
  const before = text.slice(0, start).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected: inWords[awaited] };
}
