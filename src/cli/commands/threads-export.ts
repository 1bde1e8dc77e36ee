// `millrace threads export`: all threads of a tenant as lines of JSON, which `threads import` takes in. A file takes its name when it is whole.

import { statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { MillraceError, systemClock } from "../../base/index.ts";
import { openThreadTransfer, type ThreadTransfer } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";
import { counted, Progress } from "../progress.ts";
import type { Terminal } from "../terminal.ts";
import { tenantFlag } from "../thread-flags.ts";

/** Characters that are written together. */
const PORTION = 65_536;

export const threadsExport: Command = {
  about:
    "Writes all threads of a tenant as lines of JSON, whoever owns them: each thread, its messages, then a line that says it is whole.\n" +
    "Links are left out. In SQLite no server may run on the same data folder meanwhile; in PostgreSQL servers may.",
  flags: {
    ...tenantFlag,
    out: { value: "FILE", about: "file to write, replaced when it is there; - for standard output (default: -)" },
    ...configFlag,
    ...dataFlag,
  },
  examples: ["millrace threads export --out threads.jsonl", "millrace threads export --tenant acme | gzip > acme.jsonl.gz"],
  async run(input, terminal) {
    const { tenant = "default", out = "-" } = input.values;
    const transfer = await openThreadTransfer(configOf(input));
    try {
      const told = await exporting(tenant, transfer, out === "-" ? { ...terminal, status: undefined } : terminal);
      if (out === "-") await terminal.pipe(told.portions);
      else await intoFile(out, told.portions);
      terminal.err(`${counted(told.threads(), "thread")} of ${tenant}${out === "-" ? "" : ` in ${out}`}.`);
      return 0;
    } finally {
      await transfer.close();
    }
  },
};

async function exporting(tenant: string, transfer: ThreadTransfer, terminal: Terminal) {
  let threads = 0;
  const total = await transfer.count(tenant);
  const progress = new Progress({
    terminal,
    clock: systemClock,
    total,
    words: () => `${threads} of ${counted(total, "thread")}`,
  });
  async function* portions(): AsyncGenerator<string> {
    let portion = "";
    for await (const line of transfer.exportLines(tenant)) {
      portion += `${line}\n`;
      if (line.startsWith('{"kind":"end"')) {
        threads++;
        progress.advance(1);
      }
      if (portion.length < PORTION) continue;
      yield portion;
      portion = "";
    }
    progress.end();
    if (portion !== "") yield portion;
  }
  return { portions: portions(), threads: () => threads };
}

/** Readable by this user alone: it holds what people said. A device or pipe is written to as it is. */
async function intoFile(path: string, portions: AsyncIterable<string>): Promise<void> {
  const isReplaced = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  const unfinished = isReplaced ? `${path}.unfinished` : path;
  try {
    const file = await open(unfinished, "w", 0o600);
    try {
      for await (const portion of portions) await file.writeFile(portion);
      if (isReplaced) await file.sync();
    } finally {
      await file.close();
    }
    if (isReplaced) await rename(unfinished, path);
  } catch (error) {
    if (isReplaced) await rm(unfinished, { force: true }).catch(() => {});
    const code = (error as { code?: unknown } | null)?.code;
    if (MillraceError.is(error) || typeof code !== "string") throw error;
    throw new MillraceError("option_invalid", `${path} cannot be written (${code}); name another file with --out.`, {
      cause: error,
    });
  }
}
