// Where commands keep what they parsed, for the next one and for colleagues.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { MillraceError, systemClock } from "../base/index.ts";
import { openRecordStore } from "../server/index.ts";
import { LayeredRecords, ServerRecords } from "../workspace/index.ts";
import type { Input } from "./command.ts";
import type { Terminal } from "./terminal.ts";

type RecordStore = ReturnType<typeof openRecordStore>;

/** What cannot be used costs time, not the answer. Throws `option_invalid` for flags that do not go together. */
export function openCache(input: Input, terminal: Terminal): RecordStore | undefined {
  const far = sharedRecords(input);
  const near = ownRecords(input, terminal);
  if (!far) return near;
  const trouble = (error: unknown) => terminal.err(`Nothing is shared: ${messageOf(error)}`);
  return new LayeredRecords({ near, far, clock: systemClock, trouble });
}

function ownRecords({ switches, values }: Input, terminal: Terminal): RecordStore | undefined {
  if (switches.has("no-cache")) return undefined;
  try {
    return openRecordStore(values.cache ?? join(homedir(), ".cache", "millrace"));
  } catch (error) {
    terminal.err(`Nothing is kept for the next time: ${messageOf(error)}`);
    return undefined;
  }
}

function sharedRecords({ values: { share, project, "key-file": keyFile } }: Input): ServerRecords | undefined {
  if (share === undefined && project === undefined && keyFile === undefined) return undefined;
  if (share === undefined || project === undefined) {
    throw new MillraceError("option_invalid", "To share records write both --share URL and --project ID.");
  }
  const token = keyFile === undefined ? undefined : tokenIn(keyFile);
  return new ServerRecords({ url: share, project, clock: systemClock, ...(token === undefined ? {} : { token }) });
}

function tokenIn(path: string): string {
  try {
    const token = readFileSync(path, "utf8").trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (error) {
    throw new MillraceError("option_invalid", `The file ${path} cannot be read; name one with your token with --key-file.`, {
      cause: error,
    });
  }
  throw new MillraceError("option_invalid", `The file ${path} holds no token; write nothing but your token into it.`);
}

function messageOf(error: unknown): string {
  if (!MillraceError.is(error)) throw error;
  return error.message;
}
