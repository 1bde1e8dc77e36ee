// Which lexical scanner reads which language. Languages that are missing here are read by tree-sitter, or for words only.

import type { Language, Scanner } from "./record.ts";
import { javascript, tsx, typescript } from "./script/scan-script.ts";

export const scanners: ReadonlyMap<Language, Scanner> = new Map<Language, Scanner>([
  ["typescript", typescript],
  ["tsx", tsx],
  ["javascript", javascript],
]);
