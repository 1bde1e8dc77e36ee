import { expect, test } from "bun:test";
import { externalIn, linksOf, missingIn, type Texts } from "./testing.ts";

test("Python: dots, packages, modules of packages, source roots, and no file beside for a package's modules", () => {
  const texts: Texts = {
    "src/shop/__init__.py": "from .cart import Cart",
    "src/shop/cart.py": "from . import prices\nfrom .util.money import Money, format\nfrom .. import nothing",
    "src/shop/prices.py": "import json\nimport shop.cart",
    "src/shop/json.py": "",
    "src/shop/util/__init__.py": "",
    "src/shop/util/money.py": "from ..prices import *",
    "tests/test_cart.py": "import shop\nfrom shop import cart, prices\nimport helper\nimport pytest",
    "tests/helper.py": "",
  };
  expect(linksOf(texts)).toEqual({
    "src/shop/__init__.py": ["src/shop/cart.py"],
    "src/shop/cart.py": ["src/shop/prices.py", "src/shop/util/money.py"],
    "src/shop/prices.py": ["src/shop/cart.py"],
    "src/shop/util/money.py": ["src/shop/prices.py"],
    "tests/test_cart.py": ["src/shop/__init__.py", "src/shop/cart.py", "src/shop/prices.py", "tests/helper.py"],
  });
  expect(externalIn(texts)).toEqual(["json", "pytest"]);
  expect(missingIn(texts)).toEqual([".."]);
});

test("Go: packages by go.mod and vendor, the files of one by the names used, tests only from tests", () => {
  const texts: Texts = {
    "go.mod": "module example.com/shop // ours\n\ngo 1.22\n",
    "main.go":
      'package main\nimport (\n\t"fmt"\n\t"example.com/shop/cart"\n\t"github.com/x/y"\n\t"github.com/in/vendor"\n)\nfunc main() { fmt.Println(cart.Total(nil)) }',
    "cart/cart.go": "package cart\ntype Cart struct{}\nfunc Total(c *Cart) int { return rate }",
    "cart/rate.go": "package cart\nconst rate = 3",
    "cart/other.go": "package cart\nfunc Other() {}",
    "cart/cart_test.go": "package cart\nfunc TestTotal() { Total(nil) }",
    "vendor/github.com/in/vendor/v.go": "package vendor",
  };
  expect(linksOf(texts)).toEqual({
    "cart/cart.go": ["cart/rate.go"],
    "cart/cart_test.go": ["cart/cart.go"],
    "main.go": ["cart/cart.go", "vendor/github.com/in/vendor/v.go"],
  });
  expect(externalIn(texts)).toEqual(["fmt", "github.com/x/y"]);
});

test("Java, Kotlin, Scala: one package over several source roots and languages, wildcards and static imports by names used", () => {
  const texts: Texts = {
    "app/src/main/java/com/acme/Main.java":
      "package com.acme;\nimport com.acme.model.*;\nimport static com.acme.util.Texts.upper;\nimport java.util.List;\nclass Main { User user; Helper helper; }",
    "app/src/main/java/com/acme/Helper.java": "package com.acme;\nclass Helper {}",
    "app/src/main/java/com/acme/model/User.java": "package com.acme.model;\npublic class User {}",
    "app/src/main/java/com/acme/model/Unused.java": "package com.acme.model;\npublic class Unused {}",
    "app/src/main/kotlin/com/acme/util/Texts.kt":
      "package com.acme.util\nobject Texts { fun upper() = 1 }\nfun lower() = Helper()",
    "app/src/test/kotlin/com/acme/MainTest.kt":
      "package com.acme\nimport com.acme.util.lower\nimport com.acme.model.Gone\nclass MainTest { val main = Main(); val x = lower() }",
    "lib/src/main/scala/com/acme/Job.scala":
      "package com.acme\nimport com.acme.model.{User => Person, Unused}\nclass Job(person: Person)",
  };
  expect(linksOf(texts)).toEqual({
    "app/src/main/java/com/acme/Main.java": [
      "app/src/main/java/com/acme/Helper.java",
      "app/src/main/java/com/acme/model/User.java",
      "app/src/main/kotlin/com/acme/util/Texts.kt",
    ],
    "app/src/test/kotlin/com/acme/MainTest.kt": [
      "app/src/main/java/com/acme/Main.java",
      "app/src/main/kotlin/com/acme/util/Texts.kt",
    ],
    "lib/src/main/scala/com/acme/Job.scala": [
      "app/src/main/java/com/acme/model/Unused.java",
      "app/src/main/java/com/acme/model/User.java",
    ],
  });
  expect(externalIn(texts)).toEqual(["java.util.List"]);
  expect(missingIn(texts)).toEqual(["com.acme.model.Gone"]);
});

test("C#: namespaces as files declare them, those around a file's own, and types by their whole names", () => {
  const texts: Texts = {
    "Shop/Cart.cs":
      "using System;\nusing Acme.Pricing;\nusing static Acme.Tools.Text;\nnamespace Acme.Shop;\nclass Cart { Price price; Logger log; class Inner {} }",
    "Pricing/Price.cs": "namespace Acme.Pricing { public class Price {} }",
    "Pricing/Other.cs": "namespace Acme.Pricing { public class Inner {} }",
    "Logger.cs": "namespace Acme { class Logger {} }",
    "Tools/Text.cs": "namespace Acme.Tools { static class Text {} }",
  };
  expect(linksOf(texts)).toEqual({ "Shop/Cart.cs": ["Logger.cs", "Pricing/Price.cs", "Tools/Text.cs"] });
  expect(externalIn(texts)).toEqual(["System"]);
});

test("C and C++: beside the file, else by the end of the path, the nearest; the standard library is outside", () => {
  const texts: Texts = {
    "src/main.c":
      '#include <stdio.h>\n#include "util.h"\n#include <acme/api.h>\n#include <vector>\n#include "../include/acme/types.h"',
    "src/util.h": '#include "util.h"',
    "include/acme/api.h": "#include <acme/types.h>",
    "include/acme/types.h": "",
    "old/include/acme/api.h": "",
    "deep/stdio.h": "",
  };
  expect(linksOf(texts)).toEqual({
    "include/acme/api.h": ["include/acme/types.h"],
    "src/main.c": ["include/acme/api.h", "include/acme/types.h", "src/util.h"],
  });
  expect(externalIn(texts)).toEqual(["stdio.h", "vector", "util.h"].toSorted());
});

test("Rust: crates of the workspace, modules as files and folders, tests as crates of their own", () => {
  const texts: Texts = {
    "crates/core/Cargo.toml": '[package]\nname = "acme-core"\n',
    "crates/core/src/lib.rs": "pub mod queue;\nmod pool;\nuse self::queue::Queue;",
    "crates/core/src/queue.rs": "use crate::pool::inner::Lease;\nuse super::pool;\nmod wait;",
    "crates/core/src/queue/wait.rs": "use super::Queue;\nuse std::fmt;",
    "crates/core/src/pool/mod.rs": "pub mod inner;",
    "crates/core/src/pool/inner.rs": "",
    "crates/core/tests/all.rs": "mod support;\nuse acme_core::queue::Queue;",
    "crates/core/tests/support/mod.rs": "",
    "app/Cargo.toml": '[package]\nname = "app"\n[dependencies]\nacme-core = { path = "../crates/core" }\n',
    "app/src/main.rs": "use acme_core::pool::inner::Lease;\nuse serde::Serialize;",
  };
  expect(linksOf(texts)).toEqual({
    "app/src/main.rs": ["crates/core/src/pool/inner.rs"],
    "crates/core/src/lib.rs": ["crates/core/src/pool/mod.rs", "crates/core/src/queue.rs"],
    "crates/core/src/pool/mod.rs": ["crates/core/src/pool/inner.rs"],
    "crates/core/src/queue.rs": ["crates/core/src/pool/inner.rs", "crates/core/src/pool/mod.rs", "crates/core/src/queue/wait.rs"],
    "crates/core/src/queue/wait.rs": ["crates/core/src/queue.rs"],
    "crates/core/tests/all.rs": ["crates/core/src/queue.rs", "crates/core/tests/support/mod.rs"],
  });
  expect(externalIn(texts)).toEqual(["serde", "std"]);
});

test("Ruby: required files from the load path, and constants that nobody requires", () => {
  const texts: Texts = {
    "lib/shop.rb": 'require "shop/cart"\nrequire "json"\nmodule Shop\nend',
    "lib/shop/cart.rb": 'require_relative "./price"\nmodule Shop\n  class Cart\n    def total = Rate.now\n  end\nend',
    "lib/shop/price.rb": "module Shop\n  class Price\n  end\nend",
    "app/models/rate.rb": "class Rate\nend",
    "spec/cart_spec.rb": 'require "spec_helper"\nShop::Cart.new',
    "spec/spec_helper.rb": "",
  };
  expect(linksOf(texts)).toEqual({
    "lib/shop.rb": ["lib/shop/cart.rb"],
    "lib/shop/cart.rb": ["app/models/rate.rb", "lib/shop/price.rb"],
    "spec/cart_spec.rb": ["lib/shop/cart.rb", "spec/spec_helper.rb"],
  });
  expect(externalIn(texts)).toEqual(["json"]);
});

test("PHP: PSR-4 and PSR-0, namespaces without rules, classes of one namespace, files by path", () => {
  const texts: Texts = {
    "composer.json": '{ "autoload": { "psr-4": { "Acme\\\\": ["src/", "more/"] }, "psr-0": { "Old\\\\": "lib" } } }',
    "src/Cart.php":
      "<?php\nnamespace Acme;\nuse Acme\\Price\\Money;\nuse Old\\Thing;\nuse Psr\\Log\\LoggerInterface;\nrequire __DIR__ . '/helpers.php';\nclass Cart { private Rate $rate; }",
    "src/Rate.php": "<?php\nnamespace Acme;\nclass Rate {}",
    "more/Price/Money.php": "<?php\nnamespace Acme\\Price;\nclass Money {}",
    "lib/Old/Thing.php": "<?php\nnamespace Old;\nclass Thing {}",
    "src/helpers.php": "<?php\n",
    "plain/A.php": "<?php\nnamespace Plain;\nuse Other\\B;\nclass A {}",
    "elsewhere/b.php": "<?php\nnamespace Other;\nclass B {}",
  };
  expect(linksOf(texts)).toEqual({
    "plain/A.php": ["elsewhere/b.php"],
    "src/Cart.php": ["lib/Old/Thing.php", "more/Price/Money.php", "src/Rate.php", "src/helpers.php"],
  });
  expect(externalIn(texts)).toEqual(["Psr\\Log"]);
});

test("Swift: modules by their folders, files of one by the names they use, and what only adds to a type defines none", () => {
  const texts: Texts = {
    "Sources/Core/Queue.swift": "public struct Queue { var lease: Lease }",
    "Sources/Core/Lease.swift": "struct Lease {}",
    "Sources/Core/Queue+More.swift": "extension Queue { func more() {} }",
    "Sources/App/main.swift": "import Core\nimport Foundation\nlet queue = Queue()",
  };
  expect(linksOf(texts)).toEqual({
    "Sources/App/main.swift": ["Sources/Core/Queue.swift"],
    "Sources/Core/Queue+More.swift": ["Sources/Core/Queue.swift"],
    "Sources/Core/Queue.swift": ["Sources/Core/Lease.swift"],
  });
  expect(externalIn(texts)).toEqual(["Foundation"]);
});

test("shells: from the script's folder or the root, also where the folder is computed", () => {
  const texts: Texts = {
    "bin/run.sh": 'source ./lib.sh\n. "$DIR/more.sh"\n. scripts/all.sh\n. /etc/profile\n. ./gone.sh',
    "bin/lib.sh": "",
    "bin/more.sh": "",
    "scripts/all.sh": "",
  };
  expect(linksOf(texts)).toEqual({ "bin/run.sh": ["bin/lib.sh", "bin/more.sh", "scripts/all.sh"] });
  expect(missingIn(texts)).toEqual(["./gone.sh"]);
  expect(externalIn(texts)).toEqual(["/etc/profile"]);
});
