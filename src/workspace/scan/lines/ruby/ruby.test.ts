// Ruby's hard syntax, each piece with what must be seen in it and what must not; any string; and tree-sitter's view.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bombs, problemsOfScan } from "../../testing/check-scan.ts";
import { compareWithOracle } from "../../testing/oracle.ts";
import { ruby } from "./scan-ruby.ts";

const seen = (source: string) => ruby.scan(source).definitions.map(({ name, kind, line }) => `${line} ${kind} ${name}`);
const names = (source: string) => ruby.scan(source).definitions.map(({ name }) => name);

describe("definitions", () => {
  test("modules, classes, methods, attributes, constants, with parents, ends and signatures", () => {
    const { definitions } = ruby.scan(`module A::B
  class C < D::E # why
    LIMIT = 1
    attr_reader :f, "g",
                :h
    class << self
      def i; end
    end
    def initialize(j, k: {}, # no
                   l: [])
      @m = j if k unless l
    end
    def n? = true
    def o=(p)
      x = if p then 1 else 2 end
    end
    def self.end() = p
  end
end
def q r, s = 1; t; end
`);
    expect(definitions.map((entry) => [entry.name, entry.kind, entry.line, entry.endLine, entry.parent])).toEqual([
      ["B", "namespace", 1, 19, -1],
      ["C", "class", 2, 18, 0],
      ["LIMIT", "constant", 3, 3, 1],
      ["f", "property", 4, 4, 1],
      ["g", "property", 4, 4, 1],
      ["h", "property", 5, 5, 1],
      ["i", "method", 7, 7, 1],
      ["initialize", "constructor", 9, 12, 1],
      ["n?", "method", 13, 13, 1],
      ["o", "method", 14, 16, 1],
      ["end", "method", 17, 17, 1],
      ["q", "function", 20, 20, -1],
    ]);
    const signatures = definitions.map((entry) => entry.signature);
    expect(signatures[1]).toBe("class C < D::E");
    expect(signatures[7]).toBe("def initialize(j, k: {}, l: [])");
    expect(signatures[9]).toBe("def o=(p)");
    expect(signatures[11]).toBe("def q r, s = 1");
  });

  test("operators and keywords as names", () => {
    const source =
      "class A\n  def ==(o) end\n  def []=(a, b) end\n  def +@; end\n  def `(c) end\n  def !; end\n  def class; end\n  def if?; end\n  def <=>(o)= 1\nend\nB = 1\n";
    expect(names(source)).toEqual(["A", "==", "[]=", "+@", "`", "!", "class", "if?", "<=>", "B"]);
    expect(ruby.scan(source).definitions.map(({ parent }) => parent)).toEqual([-1, 0, 0, 0, 0, 0, 0, 0, 0, -1]);
  });

  test("what has an end of its own, and what has none", () => {
    const source = `class A
  def a; return if b; c while d; begin; end until e; end
  def b; while x do y end; until z; end; for i in j do end; end
  def c; loop do |x| if x then end end; [1].each { |y| y if y }; end
  def d; case x when 1 then 2 end; y = case when z; end; puts(if x; end); end
  def e; x.class.end; { if: 1, end: 2 }; self.begin; a&.do; :if; end
  def f; x = while y; break; end or if z; end; alias if unless; undef end; end
  private def g = if x then y else z end
  def h; foo rescue nil; ensure; bar; end
end
B = 1
`;
    const { definitions } = ruby.scan(source);
    expect(definitions.map(({ name, parent }) => [name, parent])).toEqual([
      ["A", -1],
      ..."abcdefgh".split("").map((name): [string, number] => [name, 0]),
      ["B", -1],
    ]);
  });

  test("private, by section, by word, by name", () => {
    const source =
      "class A\n def a; end\n private def b; end\n def c; end\n private :c\n private\n def d; end\n attr_reader :e\n def self.f; end\n public\n def g; end\n X = 1\n private_constant :X\nend\n";
    expect(
      ruby
        .scan(source)
        .definitions.filter(({ exported }) => exported)
        .map(({ name }) => name),
    ).toEqual(["A", "a", "f", "g"]);
  });
});

test("literals: no code in them but in fields", () => {
  const source = `A = "x#{b ? "}" : {c => '}'}} class No"
B = %w(class (No) end) + %q{def #{x} {}} + %i[if] << %Q<#{d}>
C = /class #{e / 2} [/]\\// ; f / g; h /i/x; j ? /k/ : ?"
D = <<~ONE + foo(<<-'TWO') unless x
  class No #{"
  ONE
  ONE_
  def no "
  ONE
  end
  TWO
E = :"class #{e}"; F = :'end'; G = {"a": 1, b: :c}; H = \`if #{x}\`
=begin
class No
=end
I = 1 % 2; J = $" + $' + @if + @@end
K = x << CLASS
__END__
class No
`;
  expect(names(source)).toEqual("ABCDEFGHIJK".split(""));
  expect(ruby.scan(source).definitions.every(({ parent }) => parent === -1)).toBe(true);
});

test("imports and identifiers", () => {
  const source = `require "a/b"\nrequire_relative 'c'; require_relative("../d")\nrequire e\nautoload :F, "g"\nx.require "no"\nh? ? i! : j != :k # no\n`;
  const { imports, identifiers } = ruby.scan(source);
  expect(imports).toEqual([
    { specifier: "a/b", line: 1, names: ["*"] },
    { specifier: "./c", line: 2, names: ["*"] },
    { specifier: "../d", line: 2, names: ["*"] },
    { specifier: "g", line: 4, names: ["F"] },
  ]);
  expect(identifiers.names).toEqual("require require_relative e autoload F x h? i! j k".split(" "));
});

const TOKENS =
  "class|module|def|end|if|while|do|begin|case|for|alias|private|attr_reader|require|self|a|B|=|==|.|::|:|;|,|(|)|[|]|{|}|#{|\"|'|`|/|%w[|%|?|<<A|<<~'B'|<<|A|#|=begin|=end|__END__|@|$|\\|\n|\n\n| |1|!|é|\ud83d|\0";
const token = fc.constantFrom(...TOKENS.split("|"));
const glued = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));
const spaced = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(" "));

test("any string gives a sound scan", () => {
  fc.assert(
    fc.property(fc.oneof(glued, spaced, fc.string({ unit: "binary", maxLength: 200 })), (source) => {
      expect(problemsOfScan(ruby, source)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

const PIECES =
  "(|{|[|)|}|]|\"#{|\"|%w(|%(|/|`|?|:|<<A\n|<<~A |<<~'B' |class A |class ::|def a|def a(|def a = |def self.|end |if |while |do |begin |=begin|=begin\n=end|@|$|private |private :a, |attr_reader :a, |require '|autoload :|alias |a ? |a? |\\";
describe("half a million units of", () => {
  test.each(bombs(500_000, PIECES.split("|")).map(({ name, source }): [string, string] => [name, source]))(
    "%s end",
    (_, source) => {
      expect(ruby.scan(source).definitions.length).toBeLessThanOrEqual(source.length);
    },
  );
});

test("hard sources: no difference from tree-sitter", async () => {
  const source = `module A
  B = C = 2
  D = Struct.new(:e) do
    def f(g: {}, **h) = "#{g["}"]}"
    attr_accessor :i, :j
  end
  class K::L < M
    def n?(o = %w[end], &p) p.each { |q| yield q if q } end
    def self.r; <<~S.lines.map do |t|
        class No
      S
        t if t
      end
    end
    U ||= V = 1 unless defined?(W)
    X::Y = :end
  end
end
`;
  const comparison = await compareWithOracle("ruby", [{ path: "hard.rb", source }]);
  expect(comparison).toMatchObject({ missing: [], extra: [], files: 1, oracle: 13 });
});

test("kinds of definitions", () => {
  expect(seen("FOO = 1\nfoo = 2\nfoo.BAR = 3\nFOO == 4\nfoo(BAZ => 5)\n")).toEqual(["1 constant FOO"]);
});
