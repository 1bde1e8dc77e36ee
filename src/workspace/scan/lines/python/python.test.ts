// Python's hard syntax, each piece with what must be seen in it and what must not.

import { describe, expect, test } from "bun:test";
import { python } from "./scan-python.ts";

const seen = (source: string) => python.scan(source).definitions.map(({ name, kind, line }) => `${line} ${kind} ${name}`);
const identifiers = (source: string) => python.scan(source).identifiers.names;

describe("definitions", () => {
  test("functions and classes at any depth, with their parents, ends and signatures", () => {
    const { definitions, lines } = python.scan(`@decorated(
    "def no(): pass")
async def first(a: dict[str, int] = {"x": 1},
                *, b=lambda c: c) -> "int":  # why
    def inner():
        class Local: pass
    return inner

    # a comment further right

class Second(Base, metaclass=Meta):
    """class No: pass"""
    def __init__(self): self.x = 1
    @property
    def size(self): return 1
    @size.setter
    def size(self, value):
        pass
    @staticmethod
    async def make(): ...
`);
    expect(lines).toBe(20);
    expect(definitions.map((entry) => [entry.name, entry.kind, entry.line, entry.endLine, entry.parent])).toEqual([
      ["first", "function", 3, 7, -1],
      ["inner", "function", 5, 6, 0],
      ["Local", "class", 6, 6, 1],
      ["Second", "class", 11, 20, -1],
      ["__init__", "constructor", 13, 13, 3],
      ["size", "property", 15, 15, 3],
      ["size", "property", 17, 18, 3],
      ["make", "method", 20, 20, 3],
    ]);
    expect(definitions[0]?.signature).toBe('async def first(a: dict[str, int] = {"x": 1}, *, b=lambda c: c) -> "int"');
    expect(definitions[3]?.signature).toBe("class Second(Base, metaclass=Meta)");
  });

  test("variables of the module and fields of classes, not those of functions", () => {
    const source = `A = 1; b: int = 2
c, (d, *e), f.g, h[0] = i = value, j
[k, l] = m.n = o = p
q: str
(r) = s == t
u += 1
call(v=1)
lambda w=1: x
if (y := 1): z = 2
for aa in bb: cc = 3
class D:
    dd: int
    ee = ff = 1
    def gg(self, hh=1):
        ii = 2
    if jj: kk = 3
print(a, b)[0].c = 1
x = yield_ if a else b
`;
    expect(seen(source).map((entry) => entry.split(" ").slice(1).join(" "))).toEqual(
      "constant A,variable b,variable c,variable d,variable e,variable i,variable k,variable l,variable o,variable q,variable r,variable z,variable cc,class D,field dd,field ee,field ff,method gg,field kk,variable x".split(
        ",",
      ),
    );
  });

  test("names that are keywords elsewhere", () => {
    const source =
      "type = 1\ntype Pair[T] = tuple[T, T]\ntype Id = int\ntype(x)\nmatch = 2\nmatch match:\n    case [a, b]: pass\ncase = 3\n";
    expect(seen(source)).toEqual(["1 variable type", "2 type Pair", "3 type Id", "5 variable match", "8 variable case"]);
  });

  test("lines that go on", () => {
    const source = "def \\\n  a(b): pass\nx = \\\n  1\nif a and \\\n  b: y = 2\nz = (\n1\n)\n";
    expect(seen(source)).toEqual(["2 function a", "3 variable x", "6 variable y", "7 variable z"]);
  });

  test("tabs, form feeds, carriage returns and a byte order mark", () => {
    const source = "\ufeffclass A:\r\n\tdef b(self):\r\n\t\tpass\r\n\r\n        def c(self): pass\r\n\f\r\nd = 1\r\n";
    expect(python.scan(source).definitions.map(({ name, parent, endLine }) => [name, parent, endLine])).toEqual([
      ["A", -1, 5],
      ["b", 0, 3],
      ["c", 0, 5],
      ["d", -1, 7],
    ]);
  });

  test("a bracket that is never closed loses one statement, not the file", () => {
    expect(seen("a = f(1,\n\ndef b():\n    x = g[\n\nclass C:\n    d = 1\n")).toEqual([
      "1 variable a",
      "3 function b",
      "6 class C",
      "7 field d",
    ]);
  });
});

describe("strings", () => {
  test("no code in them, whatever their prefix and quotes", () => {
    const source = `a = 'def x(): "'
b = rb"\\\\"; c = u'\\''
d = """
def no(): pass
\\"""
e = 1
"""; f = Br'''
class No: '''
g = "open
h = 'a\\
def no(): pass'
i = """"quoted\\\\"""
j = 1
`;
    expect(seen(source).map((entry) => entry.split(" ")[2])).toEqual(["a", "b", "c", "d", "f", "g", "h", "i", "j"]);
  });

  test("fields of templates are code, their formats are not", () => {
    const source = `a = f"{one!r:>{two}.{three}} four {{five}} {six['seven']}"
b = f"{f"{eight:'>{nine}}"} ten {"eleven"}" f'{{' rf"\\{twelve}" f"\\N{DASH}{thirteen=}"
c = f"""
{fourteen(
  {'fifteen': [sixteen]}):%Y-%m} def no(): pass"""
d = f"{open
e = t'{a != b}' ; g = f"{lambda_:{x}{y}}}"
`;
    expect(seen(source).map((entry) => entry.split(" ")[2])).toEqual(["a", "b", "c", "d", "e", "g"]);
    expect(identifiers(source)).toEqual(
      "a one two three six b eight nine twelve thirteen c fourteen sixteen d open e g lambda_ x y".split(" "),
    );
  });
});

test("imports, over lines and at any depth", () => {
  const source = `import a.b as c, d ; import e
from . import (f, # no
  g as h,
)
from ...i.j import *
def k():
    from l \\
      import m
x = yield_from
`;
  expect(python.scan(source).imports).toEqual([
    { specifier: "a.b", line: 1, names: ["*"] },
    { specifier: "d", line: 1, names: ["*"] },
    { specifier: "e", line: 1, names: ["*"] },
    { specifier: ".", line: 2, names: ["f", "g"] },
    { specifier: "...i.j", line: 5, names: ["*"] },
    { specifier: "l", line: 7, names: ["m"] },
  ]);
});

describe("exported", () => {
  const exported = (source: string) =>
    python
      .scan(source)
      .definitions.filter((entry) => entry.exported)
      .map((entry) => entry.name);

  test("without __all__: no leading underscore, and members of what is exported", () => {
    const source =
      "a = 1\n_b = 2\n__version__ = 3\nclass C:\n  def d(self):\n    def e(): pass\n  def _f(self): pass\n  def __len__(self): pass\nclass _G:\n  h = 1\n";
    expect(exported(source)).toEqual(["a", "__version__", "C", "d", "__len__"]);
  });

  test("with __all__: what it lists", () => {
    const source = '__all__ = ["a", # "b"\n  \'_c\',]\n__all__ += ("d",)\n__all__.extend(["e"])\na = b = _c = d = e = f = 1\n';
    expect(exported(source)).toEqual(["a", "_c", "d", "e"]);
    expect(exported("__all__ == ['b']\na = 1\n")).toEqual(["a"]);
  });
});

test("identifiers are counted in code only, keywords left out", () => {
  const { identifiers } = python.scan("# no\nx = x.y(None, z='no', w=0x1f + 1e5j)\nasync def print(): pass\n");
  expect(Object.fromEntries(identifiers.names.map((name, index) => [name, identifiers.counts[index]]))).toEqual({
    x: 2,
    y: 1,
    z: 1,
    w: 1,
    print: 1,
  });
});
