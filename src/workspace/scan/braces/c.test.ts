// Hard syntax of C and C++ in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { c, cpp } from "./c.ts";
import { imports, outline } from "./testing.ts";

test("C: definitions and imports", () => {
  const scan = c.scan(`#ifndef H
#define H
#include <stdio.h>
#include "own.h"
#define MAX(a, b) \\
  ((a) > (b) ? (a) : (b))
#define FLAG 1 /* } */
typedef struct node { int a, *b; struct { int c; } in; unsigned bit : 3; } node_t, *node_p;
typedef int (*callback)(void *, int (*inner)(int));
enum color { RED, GREEN = 2, };
union u { int i; float f; };
struct forward;
static const char *names[] = { "a", "}" }, other;
extern int (*handler)(int);
static inline int sum(int a, int b) { struct local { int no; }; return a + b; }
struct node *make(const struct node *from, ...);
int a = 1, *p = &a, arr[3] = {1, 2, 3};
__attribute__((noreturn)) void die(const char *fmt) __attribute__((format(printf, 1, 2)));
void (*signal(int sig, void (*func)(int)))(int);
EXPORT_SYMBOL(sum);
TEST(first) { int no; }
#if A
int branch(int x) {
#else
int branch(void) {
#endif
  return 0;
}
API(int) macro_typed(void);
char c = '{';
#endif
`);
  expect(outline(scan)).toEqual(
    `+macro MAX 5
+macro FLAG 7
+struct node 8
  +field a 8
  +field b 8
    +field c 8
  +field in 8
  +field bit 8
+type node_t 8
+type node_p 8
+type callback 9
+enum color 10
  +constant RED 10
  +constant GREEN 10
+struct u 11
  +field i 11
  +field f 11
-constant names 13
-constant other 13
+variable handler 14
-function sum 15
+function make 16
+variable a 17
+variable p 17
+variable arr 17
+function die 18
+function signal 19
+function first 21
+function branch 23
+function macro_typed 29
+variable c 30`.split("\n"),
  );
  expect(imports(scan)).toEqual(["stdio.h: *", "own.h: *"]);
});

test("C++: names in parentheses are kept from macros, and may be those of members", () => {
  const found = cpp.scan("int(test::kept)(FILE* f) {\n  M(kept, -1);\n}\nint(plain)(FILE* f);\nvoid after() {}\n").definitions;
  expect(found.map(({ name, kind, line, endLine }) => `${line}-${endLine} ${kind} ${name}`)).toEqual([
    "1-3 method kept",
    "4-4 function plain",
    "5-5 function after",
  ]);
});

test("C++: definitions and imports", () => {
  const scan = cpp.scan(`#include <vector>
namespace a::b {
inline namespace v1 { class Forward; }
template <typename T, int N = (1 > 2)> class Box final : public Base<T>, private Other {
  int hidden_ = 0;
 public:
  explicit Box(int a) : Base<T>{a}, hidden_{a} { auto no = [] { int x; }; }
  ~Box() = default;
  Box& operator=(const Box&) = delete;
  template <class U> U get() const noexcept(true) { return U{}; }
  static constexpr int kMax = 10;
  std::map<int, std::vector<T>> map, other;
  enum class Kind : char { kA, kB = 'x' };
  struct Inner { int deep; };
  using Alias = std::vector<T>;
  virtual auto shape(int) -> decltype(1) = 0;
  friend bool operator==(const Box&, const Box&);
  void (*callback)(int);
 protected:
  operator bool() const { return true; }
  int prot();
 private:
  int priv();
};
template <> void Box<int>::method(std::function<void(int)> f) && { }
int Box<int>::count = 1'000;
auto raw = R"x(class No { )" )x";
template <typename T> concept Small = sizeof(T) < 4;
template <typename T> requires Small<T> && (true) T small(T t) { return t; }
constexpr int operator""_km(long double) { return 1; }
int brace{5}, equal = 6;
std::string name() { return u8"}"; }
}  // namespace
namespace { int anonymous; }
extern "C" { int c_function(void); }
extern "C" void single(int);
using Callback = void (*)(int);
struct EXPORT Visible { int v; };
static int hidden;
TEST(Suite, Case) { }
`);
  expect(outline(scan)).toEqual(
    `+namespace a::b 2
  +namespace v1 3
  +class Box 4
    -field hidden_ 5
    +constructor Box 7
    +method get 10
    +field kMax 11
    +field map 12
    +field other 12
    +enum Kind 13
      +constant kA 13
      +constant kB 13
    +struct Inner 14
      +field deep 14
    +type Alias 15
    +method shape 16
    +field callback 18
    +method prot 21
    -method priv 23
    +method method 25
    +variable count 26
  +variable raw 27
  +type Small 28
  +function small 29
  +variable brace 31
  +variable equal 31
  +function name 32
-variable anonymous 34
+function c_function 35
+function single 36
+type Callback 37
+struct Visible 38
  +field v 38
-variable hidden 39`.split("\n"),
  );
  expect(imports(scan)).toEqual(["vector: *"]);
});
