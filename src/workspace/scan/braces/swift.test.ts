// Hard syntax of Swift in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { swift } from "./swift.ts";
import { imports, outline } from "./testing.ts";

test("Swift: definitions and imports", () => {
  const scan = swift.scan(`import Foundation
import struct A.B
@available(iOS 1, *) public final class A<T>: B where T: C {
  static let shared = A(), other = 1
  private(set) var x: Int { get { 1 } set {} }
  let (p, q) = (1, 2)
  init?(a: Int) throws {}
  deinit {}
  subscript(i: Int) -> Int { 1 }
  class func f() -> Int { func no() {}; return 1 }
  enum E: String { case a, b(Int), c = "x"; indirect case d(E) }
  typealias X = Int
  static func == (l: A, r: A) -> Bool { true }
  lazy var z: Int = { let no = 1; return no }()
  private func hidden() {}
}
extension A: P { func g() {} }
extension Foreign { var v: Int { 1 } }
protocol P: Q {
  associatedtype T
  var x: Int { get }
  func foo(a: Int) -> Int
  init()
}
struct S { let text = "\\(a ? "}" : "{") class No" }
actor Ac { let raw = #"class No { \\" "# }
let top = """
  func no() { \\(x + "}") }
  """
func free<T>(_ a: T) async throws -> [T] where T: P { }
infix operator +++
#if os(Linux)
func branch() {
#else
func branch(x: Int) {
#endif
}
fileprivate var last = 1
`);
  expect(outline(scan)).toEqual(
    `+class A 3
  +property shared 4
  +property other 4
  +property x 5
  +property p 6
  +property q 6
  +constructor init 7
  +method f 10
  +enum E 11
    +constant a 11
    +constant b 11
    +constant c 11
    +constant d 11
  +type X 12
  +property z 14
  -method hidden 15
  +method g 17
+property v 18
+interface P 19
  +type T 20
  +property x 21
  +method foo 22
  +constructor init 23
+struct S 25
  +property text 25
+class Ac 26
  +property raw 26
+constant top 27
+function free 30
+function branch 33
-variable last 38`.split("\n"),
  );
  expect(imports(scan)).toEqual(["Foundation: *", "A.B: *"]);
});
