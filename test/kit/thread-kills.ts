// A program that appends to threads is killed at any moment, again and again, over a file that grows; after each round the file
// is looked at. At times it is killed twice in a row, so that it begins over what the first kill has left.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, seededRandom } from "../../src/base/index.ts";
import { runAppender } from "./appender-run.ts";
import { ThreadVerdict } from "./thread-verdict.ts";

/** Rounds over one file. */
const ROUNDS_PER_FILE = 50;
const ACKNOWLEDGED_MAX = 400;
const STARTING_CHANCE = 0.05;
const TWICE_CHANCE = 0.2;

export interface KillRounds {
  readonly rounds: number;
  readonly seed: number;
  /** Told after each round. */
  readonly progress?: (round: number, acknowledged: number) => void;
}

/** Ends with the first round in which something is wrong. @returns what that is, and what was acknowledged in all */
export async function killRounds({ rounds, seed, progress }: KillRounds): Promise<{ problems: string[]; acknowledged: number }> {
  const random = seededRandom(seed);
  let acknowledged = 0;
  for (let first = 0; first < rounds; first += ROUNDS_PER_FILE) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-kills-"));
    try {
      const path = join(folder, "threads.sqlite");
      const verdict = new ThreadVerdict(path);
      for (let round = first; round < Math.min(rounds, first + ROUNDS_PER_FILE); round++) {
        const outcome = await oneRound(path, round, random, verdict);
        acknowledged += outcome.acknowledged;
        if (outcome.problems.length > 0) {
          return { problems: [`in round ${round} of seed ${seed}:`, ...outcome.problems], acknowledged };
        }
        progress?.(round + 1, acknowledged);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { problems: [], acknowledged };
}

async function oneRound(path: string, round: number, random: Random, verdict: ThreadVerdict) {
  const acknowledged = [];
  const kills = random.next() < TWICE_CHANCE ? 2 : 1;
  for (let kill = 0; kill < kills; kill++) {
    const killAfter = random.next() < STARTING_CHANCE ? "starting" : random.below(ACKNOWLEDGED_MAX);
    const ended = await runAppender({ path, run: 2 * round + kill, killAfter });
    if (ended.signal !== "SIGKILL") return { problems: ["the program ended by itself"], acknowledged: 0 };
    acknowledged.push(...ended.acknowledged);
  }
  return { problems: await verdict.problems(acknowledged), acknowledged: acknowledged.length };
}
