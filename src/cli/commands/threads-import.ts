// `millrace threads import`: conversations out of files into the configured store. To run it again adds nothing twice, so that whatever stopped
// it, the same command goes on.

import { MillraceError, systemClock } from "../../base/index.ts";
import { type ImportOrder, openThreadTransfer, type ThreadTransfer } from "../../server/index.ts";
import type { Command, Input } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";
import { type ConversationFile, conversationFiles, fileProblem } from "../conversation-files.ts";
import { counted, Progress } from "../progress.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { ownerProblem, tenantFlag } from "../thread-flags.ts";

/** Codes of what may be otherwise later. */
const AWAY: ReadonlySet<string> = new Set(["store_unavailable", "batch_unknown", "batch_full"]);

export const threadsImport: Command = {
  about:
    "Takes in conversations: what `threads export` wrote, transcripts of Claude Code (below ~/.claude/projects), rollouts of Codex\n" +
    "(below ~/.codex/sessions). FILE may be a folder, for all *.jsonl below it, or - for standard input. To run it again adds nothing\n" +
    "twice. In SQLite no server may run on the same data folder meanwhile; in PostgreSQL servers may.",
  operand: "FILE",
  manyOperands: true,
  flags: {
    ...tenantFlag,
    team: { value: "TEAM", about: "the owner's team (default: default)", check: ownerProblem },
    user: {
      value: "USER",
      about: "who owns them (default: local, the caller without a token, where `auth.required` is off)",
      check: ownerProblem,
    },
    "keep-owners": { about: "owners, teams and visibility as an export says, where it does" },
    json: { about: "print JSON" },
    ...configFlag,
    ...dataFlag,
  },
  examples: [
    "millrace threads import ~/.claude/projects",
    "millrace threads import ~/.codex/sessions --user ada --team compilers",
    "millrace threads import threads.jsonl --keep-owners",
  ],
  async run(input, terminal) {
    const config = configOf(input);
    if (config.auth.required && input.values.user === undefined && !input.switches.has("keep-owners")) {
      terminal.err(
        "millrace threads import: --user USER is missing: callers have names here (`auth.required`), `local` has none.",
      );
      return 2;
    }
    const files = conversationFiles(input.operands, terminal);
    const transfer = await openThreadTransfer(config);
    try {
      const totals = await importAll(files, transfer, input, terminal);
      tell(totals, input, terminal);
      return totals.failed > 0 ? 1 : 0;
    } catch (error) {
      if (!MillraceError.is(error) || !AWAY.has(error.code)) throw error;
      terminal.err(`millrace threads import: ${error.message} Run the same command again to go on: nothing is added twice.`);
      return 1;
    } finally {
      await transfer.close();
    }
  },
};

const NOTHING = { files: 0, messages: 0, refused: 0, skipped: 0, broken: 0, leftOut: 0, failed: 0 };
type Totals = { -readonly [name in keyof typeof NOTHING]: number };

async function importAll(
  files: readonly ConversationFile[],
  transfer: ThreadTransfer,
  { values, switches }: Input,
  terminal: Terminal,
): Promise<Totals> {
  const { tenant = "default", team = "default", user = "local" } = values;
  const owner = { tenant, team, user, keepsOwners: switches.has("keep-owners") };
  const totals: Totals = { ...NOTHING };
  const words = () => `${totals.files} of ${counted(files.length, "file")}, ${counted(totals.messages, "message")}`;
  const total = files.reduce<number | undefined>(
    (sum, { bytes }) => (bytes === undefined || sum === undefined ? undefined : sum + bytes),
    0,
  );
  const progress = new Progress({ terminal, clock: systemClock, total, words });
  try {
    for (const file of files) await importOne(file, owner, transfer, progress, totals);
  } finally {
    progress.end();
  }
  return totals;
}

async function importOne(
  file: ConversationFile,
  owner: Omit<ImportOrder, "source">,
  transfer: ThreadTransfer,
  progress: Progress,
  totals: Totals,
): Promise<void> {
  try {
    const result = await transfer.importFile({ ...owner, source: watched(file, progress) });
    totals.files++;
    for (const name of ["messages", "refused", "skipped", "broken"] as const) totals[name] += result[name];
    progress.line(`${file.name}: ${counted(result.messages, "message")}`);
  } catch (error) {
    if (!MillraceError.is(error, "option_invalid")) throw error;
    totals.leftOut++;
    const isUnread = error.cause !== undefined;
    if (file.isNamed || isUnread) totals.failed++;
    progress.note(isUnread ? error.message : `${file.name}: ${error.message}`);
  }
}

async function* watched(file: ConversationFile, progress: Progress): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of file.open()) {
      yield bytes;
      progress.advance(bytes.byteLength);
    }
  } catch (error) {
    throw fileProblem(file.name, error);
  }
}

function tell({ failed, ...totals }: Totals, { switches }: Input, terminal: Terminal): void {
  if (switches.has("json")) terminal.out(JSON.stringify(totals, null, 2));
  else {
    const { files, messages, refused, skipped, broken, leftOut } = totals;
    const head = ["FILES", "MESSAGES", "REFUSED", "SKIPPED", "BROKEN", "LEFT OUT"];
    terminal.out(table(head, [[files, messages, refused, skipped, broken, leftOut].map(String)]));
  }
  if (totals.refused > 0) terminal.err("Refused: messages of threads that were deleted here, or that the store does not take.");
  if (totals.broken > 0) {
    terminal.err(
      "Broken: lines that cannot be read, often the last one of a conversation under way. Import it again when it is over.",
    );
  }
  if (failed > 0)
    terminal.err("What was left out is named above. Run the same command again once it is mended: nothing is added twice.");
}
