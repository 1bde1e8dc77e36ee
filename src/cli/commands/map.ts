// `millrace map`: the map of a repository, for a question and the files one works on, in so many tokens. Parses nothing that it parsed before.

import { resolve } from "node:path";
import { systemClock } from "../../base/index.ts";
import { MAP_BUDGET_MAX, MAP_BUDGET_MIN, type MapAnswer, Workspace, type WorkspaceStats } from "../../workspace/index.ts";
import { cacheFlags } from "../cache-flags.ts";
import type { Command } from "../command.ts";
import { counted } from "../progress.ts";
import { openCache } from "../record-cache.ts";
import { analysisProgress, pathWithin } from "../repository-input.ts";

const BUDGET = 2048;

const budgetProblem = (text: string): string | undefined => {
  const budget = Number(text);
  if (Number.isInteger(budget) && budget >= MAP_BUDGET_MIN && budget <= MAP_BUDGET_MAX) return undefined;
  return `is no budget: write a whole number of tokens from ${MAP_BUDGET_MIN} to ${MAP_BUDGET_MAX}`;
};

export const map: Command = {
  about:
    "Prints the files of a repository that matter most, best first, each with its most telling definitions and their lines.\n" +
    "With a question, what the question is about comes first; with files in focus, what they use.\n" +
    "What was parsed is kept for the next time, whatever branch or copy of the repository that is.",
  operand: "DIR",
  operandDefault: ".",
  flags: {
    query: { value: "TEXT", about: "what you want to know or do: a question, an issue, a commit message" },
    focus: { value: "PATH", about: "file or folder that you work on, in DIR; may be given more than once", repeated: true },
    budget: { value: "TOKENS", about: `how long the map may be at most (default: ${BUDGET})`, check: budgetProblem },
    json: { about: "print JSON: the text, its tokens, the files with their definitions, the state it was made of" },
    stats: { about: "say what was parsed, what was known, and how long each stage took" },
    ...cacheFlags,
  },
  examples: [
    "millrace map",
    'millrace map ~/src/app --query "retry when the upstream times out"',
    "millrace map --focus src/cli --budget 1024",
  ],
  async run(input, terminal) {
    const { query, budget = String(BUDGET), focus } = input.values;
    const folder = resolve(input.operand);
    const store = openCache(input, terminal);
    const workspace = new Workspace({ folder, clock: systemClock, ...(store ? { store } : {}) });
    try {
      const progress = analysisProgress(terminal);
      const answer = await workspace
        .map(
          {
            budget: Number(budget),
            ...(query === undefined ? {} : { query }),
            ...(focus === undefined ? {} : { focus: focus.split(",").map((path) => pathWithin(folder, path, "--focus")) }),
          },
          { progress: progress.tell },
        )
        .finally(progress.end);
      terminal.out(input.switches.has("json") ? JSON.stringify(answer, null, 2) : textOf(answer));
      if (input.switches.has("stats")) terminal.err(statsOf(answer, workspace.stats()));
      return 0;
    } finally {
      await workspace.close();
      await store?.close();
    }
  },
};

const textOf = ({ text, files }: MapAnswer): string => (files.length === 0 ? "There are no source files here." : text.trimEnd());

function statsOf({ tokens, tokenizer, stateId }: MapAnswer, stats: WorkspaceStats): string {
  const { files, parsed, reused, fromStore, scanFailures, stagesMs } = stats;
  const stages = Object.entries(stagesMs).map(([stage, ms]) => `${stage} ${ms.toFixed(0)} ms`);
  return [
    `${counted(files, "source file")}: ${parsed} parsed, ${fromStore + reused} known${scanFailures > 0 ? `, ${scanFailures} could not be parsed` : ""}`,
    stages.join(", "),
    `${tokens} tokens (${tokenizer}), state ${stateId}`,
  ].join("\n");
}
