// Where an assistant works, as its own prompt says: Claude Code and opencode write the folder into the description of their environment.

import type { Json } from "../ports/index.ts";
import { textOfBlock } from "./essence.ts";

const FOLDER = /^[ \t-]*(?:Primary w|W)orking directory: (\S[^\n]{0,511})$/m;
const WORD = "orking directory: ";

/** Undefined: it does not say. @param content of the prompt */
export function repositoryIn(content: readonly Json[]): string | undefined {
  for (const block of content) {
    const text = textOfBlock(block);
    const at = text?.indexOf(WORD) ?? -1;
    if (text === undefined || at < 0) continue;
    const line = text.slice(text.lastIndexOf("\n", at) + 1).split("\n", 1)[0] ?? "";
    const [, folder] = FOLDER.exec(line.trimEnd()) ?? [];
    if (folder !== undefined) return folder.toWellFormed();
  }
  return undefined;
}
