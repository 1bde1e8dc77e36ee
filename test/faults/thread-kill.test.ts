// Conversations in SQLite whose server is killed (`kill -9`) at any moment, again and again: every acknowledged message is there
// once and where it was said to be, threads count what they hold, the file is whole and the search catches up.
// `npm run faults` does many more rounds.

import { expect, test } from "bun:test";
import { killRounds } from "../kit/thread-kills.ts";

const ROUNDS = 50;
const TEST_MS_MAX = 240_000;

test(
  `killed ${ROUNDS} times while it writes, over one growing file: nothing acknowledged is lost or there twice`,
  async () => {
    const { problems, acknowledged } = await killRounds({ rounds: ROUNDS, seed: 4 });
    expect(problems).toEqual([]);
    expect(acknowledged).toBeGreaterThan(20 * ROUNDS);
  },
  TEST_MS_MAX,
);
