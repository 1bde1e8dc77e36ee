// Hard syntax of Rust in one source each: every definition and import, and nothing else (names with `no` are traps).

import { expect, test } from "bun:test";
import { rust } from "./rust.ts";
import { imports, outline } from "./testing.ts";

test("Rust: definitions and imports", () => {
  const scan = rust.scan(`use a::{self, b::C, d::{e as f, g::*}};
pub mod m { pub(crate) fn in_m() {} }
mod file;
#[derive(Debug)] pub struct S<'a, T: Tr = Vec<u8>> where T: 'a { pub x: HashMap<K, Vec<T>>, #[a(b)] y: fn(a: u8) -> u8, }
struct Tup(u8, pub u16);
pub enum E { A, B(u8), C { z: u8 }, D = 4 }
impl<'a, T> S<'a, T> { const K: u8 = b'{'; pub fn new(a: u8) -> Self { fn local() {} struct L; S } }
impl<T> fmt::Display for S<'_, T> where T: Fn() -> u8 { type Out = u8; fn fmt(&self) -> [u8; { 1 + 1 }] { } }
pub trait Tr: Sized { type Item; const Q: u8; fn req(&self); fn def(&self) { } }
const RAW: &str = r#"fn no() { "# ; static mut N: char = '\\'';
macro_rules! mac { ($a:expr) => { fn no() {} }; }
pub unsafe extern "C" fn ext<const N: usize>() -> impl Iterator<Item = u8> + 'static { }
extern "C" { fn imported(x: u8); static VAR: u8; }
type Alias<T> = Box<dyn Fn(T) -> u8>;
const _: () = { fn no() {} };
/* /* nested */ fn no() {} */
fn r#type() {}
const fn cf() {}
union U { a: u8, b: u16 }
`);
  expect(outline(scan)).toEqual(
    `+namespace m 2
  +function in_m 2
+namespace file 3
+struct S 4
  +field x 4
  -field y 4
+struct Tup 5
+enum E 6
  +constant A 6
  +constant B 6
  +constant C 6
    +field z 6
  +constant D 6
  -constant K 7
  +method new 7
  +type Out 8
  +method fmt 8
+trait Tr 9
  +type Item 9
  +constant Q 9
  +method req 9
  +method def 9
+constant RAW 10
+variable N 10
-macro mac 11
+function ext 12
+function imported 13
+variable VAR 13
+type Alias 14
+function r#type 17
+function cf 18
+struct U 19
  -field a 19
  -field b 19`.split("\n"),
  );
  expect(imports(scan)).toEqual(["a: *", "a::b::C: C", "a::d::e: e", "a::d::g: *", "self::file: *"]);
});
