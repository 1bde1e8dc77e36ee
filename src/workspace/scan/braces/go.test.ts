// Hard syntax of Go in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { go } from "./go.ts";
import { imports, outline } from "./testing.ts";

test("Go: definitions and imports", () => {
  const scan = go.scan(`package p

import (
	"fmt"
	m "math"
	. "x/y"
)

import _ "z"

const (
	A, b = iota, 1
	_
	C
)

var d, e int = 1, 2
var f = func() int { type no struct{ n int }; return 1 }

type S[T any] struct {
	X, y int \`json:"{"\`
	io.Reader
	*Emb
	Gen[T]
	Fn   func(a struct{ no int }) error
	Arr  [3]int
	In   struct {
		Deep int
	}
}

type (
	I interface {
		M(x int) error
		fmt.Stringer
		~int | string
	}
	Al = map[string]interface{}
)

func (s *S[T]) Method(f func() interface{}) (r struct{ a int }, err error) {
	x := \`func no() {\`
	return
}

func asm(x int) int

func Gen[K comparable](a []interface{}) chan struct{} { return nil }
`);
  expect(outline(scan)).toEqual(
    `+constant A 12
-constant b 12
+constant C 14
-variable d 17
-variable e 17
-variable f 18
+struct S 20
  +field X 21
  -field y 21
  +field Fn 25
  +field Arr 26
  +field In 27
    +field Deep 28
+interface I 33
  +method M 34
+type Al 38
  +method Method 41
-function asm 46
+function Gen 48`.split("\n"),
  );
  expect(imports(scan)).toEqual(["fmt: *", "math: *", "x/y: *", "z: *"]);
});
