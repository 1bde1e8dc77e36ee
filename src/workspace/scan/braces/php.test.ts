// Hard syntax of PHP in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { php } from "./php.ts";
import { imports, outline } from "./testing.ts";

test("PHP: definitions and imports", () => {
  const scan = php.scan(`<?php
namespace A\\B;
use C\\D as E, F;
use G\\{H, I as J};
use function x\\y;
const Q = 1, R = 2;
abstract class X extends Y implements Z { use T1, T2 { a as b; }
 public const A = 1; private static ?Foo $x = null, $y; public function __construct(private readonly int $p, $q) { function nested() {} }
 abstract protected function &foo(): int; }
enum S: string { case A = 'a'; case B; const D = 1; public static function f() {} }
trait T { var $v; } interface I { function g(); const W = 1; }
function foo(int $a) { $x = function() {}; class Local {} }
if (!function_exists('bar')) { function bar() {} }
$o = new class(1) extends X { public $anon; function m() {} };
define('QQ', 1);
`);
  expect(outline(scan)).toEqual(
    `+namespace A\\B 2
+constant Q 6
+constant R 6
+class X 7
  +constant A 8
  -property x 8
  -property y 8
  +constructor __construct 8
  -property p 8
  +method foo 9
+enum S 10
  +constant A 10
  +constant B 10
  +constant D 10
  +method f 10
+trait T 11
  +property v 11
+interface I 11
  +method g 11
  +constant W 11
+function foo 12
+function bar 13`.split("\n"),
  );
  expect(imports(scan)).toEqual(["C\\D: D", "F: F", "G\\H: H", "G\\I: I", "x\\y: y"]);
});
