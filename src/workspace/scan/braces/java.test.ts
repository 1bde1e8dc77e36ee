// Hard syntax of Java in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { java } from "./java.ts";
import { imports, outline } from "./testing.ts";

test("Java: definitions and imports", () => {
  const scan = java.scan(`package a.b;
import java.util.*;
import static x.Y.z;
@A(b = "}") public final class C<T extends Map<K, V>> extends D<E> implements F, G {
  private static final Map<String, List<Integer>> M = new HashMap<String, List<Integer>>(), N = null;
  int[] a[], b = {1, 2};
  static { int no = 1; }
  C(int x) { class Local {} }
  public <U, V> Map<U, V> m(@B("{") final int p) throws X { Runnable r = new Runnable() { public void run() {} }; }
  abstract void n();
  enum E { P, Q(1) { void q() {} }, R; int e; E() {} }
  record R1(int a, String b) { R1 { } static int z; }
  @interface An { int value() default 1; String[] names() default {}; }
  interface I { int K = 1; void i(); default void j() {} }
  String record = """
    class No { }
    """;
  char brace = '{';
  java.util.List<? super T> q() { return null; }
  sealed interface S permits T1 {}
}
`);
  expect(outline(scan)).toEqual(
    `+class C 4
  -field M 5
  -field N 5
  -field a 6
  -field b 6
  -constructor C 8
  +method m 9
  -method n 10
  -enum E 11
    +constant P 11
    +constant Q 11
      -method q 11
    +constant R 11
    -field e 11
    -constructor E 11
  -class R1 12
    -constructor R1 12
    -field z 12
  -interface An 13
    -method value 13
    -method names 13
  -interface I 14
    -field K 14
    -method i 14
    -method j 14
  -field record 15
  -field brace 18
  -method q 19
  -interface S 20`.split("\n"),
  );
  expect(imports(scan)).toEqual(["java.util: *", "x.Y.z: z"]);
});
