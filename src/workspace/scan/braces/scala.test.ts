// Hard syntax of Scala 2 and 3 in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { scala } from "./scala.ts";
import { imports, outline } from "./testing.ts";

test("Scala 2: definitions and imports", () => {
  const scan = scala.scan(`package a.b
import c.d._
import c.{E, F => G}
@ann class A[T](val x: Int, y: Int)(implicit z: Z) extends B(1) with C {
  val p: Int = 1
  var q, q2 = 2
  lazy val r = { val local = 1; local }
  def f[T](a: Int)(b: Int): T = { def inner = 1; inner }
  def abs: Int
  val (a1, b1) = (1, 2)
  type X = Int
  type Y <: Z
  object O { val in = 1 }
  implicit def conv(a: A): B = ???
  def +(o: A): A = this
  private[this] val pp = new Foo { def anon = 1 }
}
sealed trait T { val v: Int; def \`type\`: Int }
case class CC(a: Int, b: String) extends T
package object pk { def z = 1 }
`);
  expect(outline(scan)).toEqual(
    `+class A 4
  +property x 4
  +property p 5
  +property q 6
  +property q2 6
  +property r 7
  +method f 8
  +method abs 9
  +type X 11
  +type Y 12
  +class O 13
    +property in 13
  +method conv 14
  -property pp 16
+trait T 18
  +property v 18
  +method \`type\` 18
+class CC 19
  +property a 19
  +property b 19
+class pk 20
  +method z 20`.split("\n"),
  );
  expect(imports(scan)).toEqual(["c.d: *", "c: E F"]);
});

test("Scala 3: definitions and imports", () => {
  const scan = scala.scan(`enum Color(val rgb: Int):
  case Red extends Color(1)
  case Green, Blue
  case Mix(a: Int)
  def foo = 1
given ord: Ordering[Int] with
  def compare(x: Int, y: Int) = 1
given Foo = ???
extension (x: Int) def dbl = x * 2
class A:
  def f(a: Int) =
    val local = 1
    local
  val g = 2
object O:
  def main() = println(1)
end O
def top = 1
val topv = 2
`);
  expect(outline(scan)).toEqual(
    `+enum Color 1
  +property rgb 1
  +constant Red 2
  +constant Green 3
  +constant Blue 3
  +constant Mix 4
  +method foo 5
+constant ord 6
+function dbl 9
+class A 10
  +method f 11
  +property g 14
+class O 15
  +method main 16
+function top 18
+constant topv 19`.split("\n"),
  );
  expect(imports(scan)).toEqual([]);
});
