// Hard syntax of C# in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { csharp } from "./csharp.ts";
import { imports, outline } from "./testing.ts";

test("C#: definitions and imports", () => {
  const scan = csharp.scan(`using System;
using static A.B;
using X = C.D;
namespace N.M;
[Serializable] public partial class C<T> : Base, I where T : class, new()
{
    private readonly Dictionary<string, List<int>> a = new(), b;
    public const int K = 1, L = 2;
    public event EventHandler Ev, Ew;
    public event EventHandler Ex { add { } remove { } }
    public string P { get; set; } = $"{{ {x:yyyy} {(y ? "}" : "{")}";
    public int Q => 1;
    public (int a, string b) Tup() => (1, @"c:\\");
    int this[int i] => i;
    public static C<T> operator +(C<T> l, C<T> r) { return l; }
    public static implicit operator int(C<T> c) => 1;
    C(int x) : base(x) { void Local() {} }
    ~C() { }
    void I.Explicit<U>(U u) where U : struct { }
    async Task<int?> Go() { await x; return 1; }
    string raw = """ class No { """;
    string raw2 = $$"""{{x}} { """;
    delegate void D(int x);
    enum E : byte { A = 1, [Obsolete] B }
    record struct R(int X);
    public required int Req { get; init; }
    int @class;
#if DEBUG
    void OnlyDebug() {
#else
    void OnlyRelease() {
#endif
    }
    ref readonly int RefRet(ref int x) => ref x;
}
record Point(int X, int Y);
interface I2 { void F(); int G { get; } }
`);
  expect(outline(scan)).toEqual(
    `+namespace N.M 4
  +class C 5
    -field a 7
    -field b 7
    +constant K 8
    +constant L 8
    +property Ev 9
    +property Ew 9
    +property Ex 10
    +property P 11
    +property Q 12
    +method Tup 13
    -constructor C 17
    -method Explicit 19
    -method Go 20
    -field raw 21
    -field raw2 22
    -type D 23
    -enum E 24
      -constant A 24
      -constant B 24
    -struct R 25
    +property Req 26
    -field @class 27
    -method OnlyDebug 29
    -method RefRet 34
  +class Point 36
  +interface I2 37
    +method F 37
    +property G 37`.split("\n"),
  );
  expect(imports(scan)).toEqual(["System: *", "A.B: *", "C.D: *"]);
});
