// Where commands keep what they parsed, for the next one.

import { homedir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "../base/index.ts";
import { openRecordStore } from "../server/index.ts";
import type { Input } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** A cache that cannot be used costs time, not the answer. */
export function openCache(input: Input, terminal: Terminal): ReturnType<typeof openRecordStore> | undefined {
  if (input.switches.has("no-cache")) return undefined;
  try {
    return openRecordStore(input.values.cache ?? join(homedir(), ".cache", "millrace"));
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    terminal.err(`Nothing is kept for the next time: ${error.message}`);
    return undefined;
  }
}
