// Reads one TypeScript file well enough to check house rules: which characters are code, which are comment, and
// what the file imports. Not a parser: it knows comments, strings, templates and regular expressions, nothing else.
// TypeScript 7 ships no JavaScript API, and Bun's own scanner forgets type imports, which cycles are made of.

export interface Import {
  specifier: string;
  line: number;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  path: string;
  source: string;
  /** The source with comments and the insides of strings blanked; every offset and line stays. */
  code: string;
  /** The source with everything but comments blanked. */
  comments: string;
  imports: Import[];
}

const REGEX_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield))\s*$/;
const blank = (text: string) => text.replace(/[^\n]/g, " ");

/** The end (exclusive) of the string, template piece or regular expression whose body starts at `from`. */
function endOf(source: string, from: number, closing: string, spansLines: boolean): number {
  let inClass = false;
  for (let at = from; at < source.length; at++) {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "\n" && !spansLines) return at;
    else if (closing === "/" && character === "[") inClass = true;
    else if (closing === "/" && character === "]") inClass = false;
    else if (closing === "`" && character === "$" && source[at + 1] === "{") return at;
    else if (character === closing && !inClass) return at;
  }
  return source.length;
}

function endOfComment(source: string, from: number): number {
  const closing = source[from + 1] === "/" ? "\n" : "*/";
  const end = source.indexOf(closing, from + 2);
  if (end === -1) return source.length;
  return closing === "\n" ? end : end + 2;
}

/** Splits a source into its code and its comments, each with the rest blanked. */
export function split(source: string): { code: string; comments: string } {
  let code = "";
  let comments = "";
  const templateDepths: number[] = [];
  let depth = 0;
  const keep = (text: string, into: "code" | "comments" | "neither") => {
    code += into === "code" ? text : blank(text);
    comments += into === "comments" ? text : blank(text);
  };
  const skipString = (from: number, closing: string): number => {
    const end = endOf(source, from, closing, closing === "`");
    keep(source.slice(from, end), "neither");
    if (source.startsWith("${", end)) {
      templateDepths.push(depth++);
      keep("${", "code");
      return end + 2;
    }
    if (source[end] === closing) keep(closing, "code");
    return source[end] === closing ? end + 1 : end;
  };
  for (let at = 0; at < source.length; ) {
    const character = source[at] as string;
    const isComment = character === "/" && (source[at + 1] === "/" || source[at + 1] === "*");
    if (isComment) {
      const end = endOfComment(source, at);
      keep(source.slice(at, end), "comments");
      at = end;
      continue;
    }
    keep(character, "code");
    at++;
    if (character === "{") depth++;
    if (character === "}" && --depth === templateDepths.at(-1)) {
      templateDepths.pop();
      at = skipString(at, "`");
    } else if (character === '"' || character === "'" || character === "`") at = skipString(at, character);
    else if (character === "/" && REGEX_MAY_FOLLOW.test(code.slice(-40, -1))) at = skipString(at, "/");
  }
  return { code, comments };
}

const FROM = /\b(?:import|export)\b[^;'"`()=]*?\bfrom\s*(["'])/g;
const BARE = /\bimport\s*(["'])/g;
const CALLED = /\b(?:import|require)\s*\(\s*(["'`])/g;

function importsOf(source: string, code: string): Import[] {
  const imports: Import[] = [];
  for (const pattern of [FROM, BARE, CALLED]) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length;
      const specifier = source.slice(start, code.indexOf(match[1] as string, start));
      imports.push({ specifier, line: lineAt(source, match.index) });
    }
  }
  return imports;
}

export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

export function readSource(path: string, source: string): SourceFile {
  const { code, comments } = split(source);
  return { path, source, code, comments, imports: importsOf(source, code) };
}
