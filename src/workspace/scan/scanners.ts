// Which lexical scanner reads which language. Languages that are missing here are read by tree-sitter, or for words only.

import { c, cpp } from "./braces/c.ts";
import { csharp } from "./braces/csharp.ts";
import { go } from "./braces/go.ts";
import { java } from "./braces/java.ts";
import { kotlin } from "./braces/kotlin.ts";
import { php } from "./braces/php.ts";
import { rust } from "./braces/rust.ts";
import { scala } from "./braces/scala.ts";
import { swift } from "./braces/swift.ts";
import { python } from "./lines/python/scan-python.ts";
import { ruby } from "./lines/ruby/scan-ruby.ts";
import { shell } from "./lines/shell/scan-shell.ts";
import type { Language, Scanner } from "./record.ts";
import { javascript, tsx, typescript } from "./script/scan-script.ts";

export const scanners: ReadonlyMap<Language, Scanner> = new Map<Language, Scanner>([
  ["typescript", typescript],
  ["tsx", tsx],
  ["javascript", javascript],
  ["go", go],
  ["java", java],
  ["csharp", csharp],
  ["python", python],
  ["ruby", ruby],
  ["shell", shell],
  ["rust", rust],
  ["c", c],
  ["cpp", cpp],
  ["kotlin", kotlin],
  ["php", php],
  ["swift", swift],
  ["scala", scala],
]);
