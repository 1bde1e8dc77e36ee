// The scanners against tree-sitter on small sources: not one definition more or less. Real repositories are held against
// it in ../testing/oracle.test.ts.

import { expect, test } from "bun:test";
import type { Language } from "../record.ts";
import { compareWithOracle } from "../testing/oracle.ts";

const sources: [Language, string][] = [
  [
    "go",
    'package p\nimport "a"\nconst (\n\tA = iota\n\tB\n)\nvar x, y = 1, 2\ntype T struct {\n\tF, g int\n\tE\n}\ntype I interface {\n\tM()\n\tE\n}\n' +
      "func (t *T) M() { type no int }\nfunc F[K any](f func()) {}\n",
  ],
  [
    "java",
    "class A<T> extends B<T> { int a, b[] = {1}; A() {} <U> U m(int x) { class No {} } enum E { X(1) { void n() {} }, Y; } " +
      "Object o = new Object() { int no; }; } @interface An { int v() default 1; }",
  ],
  [
    "rust",
    "pub mod m { pub struct S<'a> { x: &'a str, y: Map<K, V> } }\nimpl<T> Tr for S<T> { type O = u8; const C: u8 = b'{'; fn f() { fn no() {} } }\n" +
      'enum E { A, B { z: u8 } }\nmacro_rules! m { () => {} }\nstatic R: &str = r#"fn no() {}"#;\ntrait T { fn g(&self); }',
  ],
  [
    "csharp",
    'namespace N { class A : B { int a, b = 1; string P { get; set; } = $"{{{x}"; A() {} void M<T>() where T : class { int no; } ' +
      "int Q => 1; event E Ev; enum F { X, Y = 1 } } delegate void D(int x); }",
  ],
  [
    "c",
    "#define MAX(a, b) a\n#define ONE 1\n#define GUARD\ntypedef struct s { int a, *b; } s_t, *s_p;\nenum e { X, Y };\nint *f(int a) { int no; }\n" +
      "int g(void), h;\nstatic int (*cb)(int);\ntypedef int (*fn)(int);",
  ],
  [
    "cpp",
    "namespace a { template <class T> class B : public C<T> { int x_ = 0; public: B(int a) : x_{a} {} void m() const { int no; } static int s; " +
      "enum class K { P }; using U = int; }; }\nvoid a::B<int>::m() {}\nint z{1};",
  ],
  [
    "kotlin",
    "class A(val x: Int, y: Int) : B() {\n  val p = 1\n  fun f(): Int {\n    val no = 1\n    return no\n  }\n  companion object {\n    const val K = 1\n  }\n}\n" +
      "interface I {\n  fun h()\n}\nenum class E { X, Y }\nobject O\ntypealias T = Int\nfun String.g() = 1\n",
  ],
  [
    "php",
    "<p>class No</p><?php namespace A\\B; abstract class C { const D = 1; private $e, $f = [1]; function __construct(private int $g) { $no = 1; } " +
      "abstract function h(); } function i() { function no() {} } trait T {} ?><b>function no() {}</b>",
  ],
  [
    "swift",
    'class A: B {\n  var x: Int { 1 }\n  let y = "\\(1)"\n  init() {}\n  func f() { let no = 1 }\n  enum E { case p, q(Int) }\n}\n' +
      "extension A { func g() {} }\nprotocol P { var z: Int { get }\n func h() }\nstruct S {}\nlet top = 1\n",
  ],
  [
    "scala",
    "class A(val x: Int, y: Int) extends B {\n  val p = 1\n  def f(a: Int): Int = { val no = 1; no }\n  type T = Int\n}\n" +
      "case class C(a: Int)\nobject O { var q = 2 }\ntrait U { def g: Int }\n",
  ],
];

test.each(sources)("%s", async (language, source) => {
  const { missing, extra, oracle, skipped } = await compareWithOracle(language, [{ path: language, source }]);
  expect({ missing, extra, skipped, isFew: oracle < 8 }).toEqual({ missing: [], extra: [], skipped: 0, isFew: false });
});
