// Hard syntax of Kotlin in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { kotlin } from "./kotlin.ts";
import { imports, outline } from "./testing.ts";

test("Kotlin: definitions and imports", () => {
  const scan = kotlin.scan(`@file:JvmName("X")
package a.b
import c.d.E as F
import c.*

@Ann(1) class A<T>(val x: Int, private var y: String = "}", z: Int) : B(1), C by d {
  val p: Int = 1
  val q by lazy { 1 }
  var r: String
    get() = "$x \${ if (true) "{" else "}" }"
    set(v) { }
  companion object {
    const val K = 1
    fun make() = A()
  }
  init { val no = 1 }
  constructor(a: Int) : this(a)
  fun <T> List<T>.ext(a: Int): T where T : Any { fun no() {} }
  enum class E2(val n: Int) { X(1) { override fun foo() {} }, Y; fun foo() {} }
  object O : I { }
  inner class In
  abstract fun noBody(a: () -> Unit): Map<String, Int>
  private val String.lastX: Char get() = this[0]
}
fun interface FI { fun call() }
typealias TA = Map<String, Int>
fun \`with spaces\`() = object : I { override fun no() {} }
val chained = list
  .map { it }
  ?.filter { it }
val text = """ class No { """"
/* /* nested */ class No */
internal data class Last(val a: Int)
val ref = A::class
suspend fun tail() = when (x) {
  else -> 1
}
interface Empty
interface Next { fun m(): List<Int>
  companion object { val N = 1 } }
`);
  expect(outline(scan)).toEqual(
    `+class A 6
  +property x 6
  -property y 6
  +property p 7
  +property q 8
  +property r 9
  +property K 13
  +method make 14
  +method ext 18
  +enum E2 19
    +property n 19
    +constant X 19
      -method foo 19
    +constant Y 19
    +method foo 19
  +class O 20
  +class In 21
  +method noBody 22
  -property lastX 23
+interface FI 25
  +method call 25
+type TA 26
+function \`with spaces\` 27
+constant chained 28
+constant text 31
+class Last 33
  +property a 33
+constant ref 34
+function tail 35
+interface Empty 38
+interface Next 39
  +method m 39
  +property N 40`.split("\n"),
  );
  expect(imports(scan)).toEqual(["c.d.E: E", "c: *"]);
});
