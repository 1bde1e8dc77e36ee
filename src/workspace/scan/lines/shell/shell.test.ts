// The shell's hard syntax, each piece with what must be seen in it and what must not; any string; and tree-sitter's view.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bombs, problemsOfScan } from "../../testing/check-scan.ts";
import { compareWithOracle } from "../../testing/oracle.ts";
import { shell } from "./scan-shell.ts";

const names = (source: string) => shell.scan(source).definitions.map(({ name }) => name);

describe("definitions", () => {
  test("functions of each form, with parents, ends and signatures; exported variables", () => {
    const { definitions } = shell.scan(`#!/bin/sh
a() {
  b-c () ( echo )  # }
  if [ "$x" = "}" ]; then { :; }; fi
  export D="e" F G=1
}
function h
{
  declare -gx I=1; declare J; typeset -x K
}
function l() { :; }; readonly M=1; export -f l; export -n N
O=1 P
`);
    expect(definitions.map(({ name, kind, line, endLine, parent }) => [name, kind, line, endLine, parent])).toEqual([
      ["a", "function", 2, 6, -1],
      ["b-c", "function", 3, 3, 0],
      ["D", "variable", 5, 5, 0],
      ["F", "variable", 5, 5, 0],
      ["G", "variable", 5, 5, 0],
      ["h", "function", 7, 10, -1],
      ["I", "variable", 9, 9, 5],
      ["K", "variable", 9, 9, 5],
      ["l", "function", 11, 11, -1],
    ]);
    expect(definitions.map(({ signature }) => signature)).toMatchObject({ 0: "a()", 1: "b-c ()", 8: "function l()" });
  });

  test("cases, arrays, arithmetic and patterns are no functions, and their brackets close nothing", () => {
    const source = `a() {
  case "$1" in
    start | stop) b ;;
    (esac) c ;;&
    *) case x in y) ;; esac
  esac
  d=(e f (g) ) h+=( [i]=j )
  empty=()
  (( k << 2 )); l=$((m << (n) )); [[ $o =~ ^(p|q)$ ]]
  ls *(N) r@(s|t) 2>&1 &> u
}
v() { :; }
`;
    expect(names(source)).toEqual(["a", "v"]);
    expect(shell.scan(source).definitions.map(({ endLine }) => endLine)).toEqual([11, 12]);
  });

  test("quotes, substitutions and here-documents", () => {
    const source = `a="no() { $(b() { echo ")"; }; c "\${d:-"}"}") \`e "f"\` don't" # it's
g='no() {'"'"$'it\\'s no() {' ; h=\${i#\${j}} k=\${#l} m=$#
n() { cat <<EOF <<-'TWO' && o
no() { "
EOF
	no2() {
	TWO
}
p=\${q//'}'/x}; r <<< "s"; t \\
  u() x
v() { :; }
`;
    expect(names(source)).toEqual(["b", "n", "v"]);
  });
});

test("files that are sourced, as written; identifiers", () => {
  const { imports, identifiers } = shell.scan(
    `. ./a.sh\nsource "$DIR/b.sh"; [ -f c ] && . 'c d'\nmy-func e --no "$f \${g} no" h=1\nsource\n`,
  );
  expect(imports).toEqual([
    { specifier: "./a.sh", line: 1, names: ["*"] },
    { specifier: "$DIR/b.sh", line: 2, names: ["*"] },
    { specifier: "c d", line: 2, names: ["*"] },
  ]);
  expect(identifiers.names.filter((name) => name !== "source")).toEqual(["DIR", "c", "my-func", "e", "f", "g", "h"]);
});

const TOKENS =
  "a|b()|function|{|}|(|)|((|))|$(|$((|${|`|\"|'|$'|case|in|esac|;;|;|&|||if|then|fi|export|declare -x|. |<<A|<<-'B'|<<|A|#|=|=(|\\|\n|\n\n| |\t|1|!|[[|]]|é|\ud83d|\0";
const token = fc.constantFrom(...TOKENS.split("|"), "|");
const glued = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));
const spaced = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(" "));

test("any string gives a sound scan", () => {
  fc.assert(
    fc.property(fc.oneof(glued, spaced, fc.string({ unit: "binary", maxLength: 200 })), (source) => {
      expect(problemsOfScan(shell, source)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

const PIECES =
  "(|{ |( |$(|\x24{|$((|((|\"$(|\"\x24{|\"`|`|'|\"|)|}|case a in |esac |a() { |a() |function |function a |export a |declare -x |. a |<<A\n|<<A |<<-'B' |#|\\|$|a=(|$'|;;";
describe("half a million units of", () => {
  test.each(bombs(500_000, PIECES.split("|")).map(({ name, source }): [string, string] => [name, source]))(
    "%s end",
    (_, source) => {
      expect(shell.scan(source).definitions.length).toBeLessThanOrEqual(source.length);
    },
  );
});

test("hard sources: no difference from tree-sitter", async () => {
  const source = `a() { b "$(c() { d; }; c)" '}' }
export E="$(f)" G
function h-i { case $1 in x) export J=1;; *) :;; esac; }
k () { cat <<EOF
l() { :; }
EOF
}
m=(n o); p=$((q << 2))
declare -rx R=1 S
`;
  const comparison = await compareWithOracle("shell", [{ path: "hard.sh", source: source.replace("'}' }", "'}'; }") }]);
  expect(comparison).toMatchObject({ missing: [], extra: [], files: 1, oracle: 9 });
});
