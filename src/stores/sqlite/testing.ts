// For tests of threads in SQLite: files of their own, and the writes that most of them make.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewMessage, NewThread, ThreadKey, ThreadWrite } from "../../ports/index.ts";

export const BUSY_MS = 50;

/** @returns a new path each time, and what removes them all */
export function scratchPaths(): { next: () => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "millrace-threads-"));
  let count = 0;
  return {
    next: () => join(folder, String(++count), "threads.sqlite"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const keyOf = (id: string, tenant = "acme"): ThreadKey => ({ tenant, id });

export const message = (clientId: string, text: string, more: Partial<NewMessage> = {}): NewMessage => ({
  clientId,
  role: "user",
  author: "ann",
  atMs: 1000,
  content: [{ type: "text", text }],
  ...more,
});

export const create = (more: Partial<NewThread> = {}): NewThread => ({
  user: "ann",
  team: "core",
  createdMs: 1000,
  visibility: "private",
  ...more,
});

export const put = (id: string, messages: readonly NewMessage[], more: Partial<NewThread> = {}): ThreadWrite => ({
  kind: "put",
  key: keyOf(id),
  create: create(more),
  messages,
});
