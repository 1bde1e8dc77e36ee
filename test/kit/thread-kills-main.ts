// `npm run faults`: many rounds of killing a program that appends to threads, from a seed of their own each time. It tells how far
// it is, and after a failure the seed; a seed as second argument is taken instead.

import { killRounds } from "./thread-kills.ts";

const TELL_EVERY = 25;

const say = (line: string) => process.stdout.write(`${line}\n`);
const rounds = Number(process.argv[2]);
const seed = Number(process.argv[3] ?? crypto.getRandomValues(new Uint32Array(1))[0]);

say(`${rounds} rounds, seed ${seed}`);
const { problems, acknowledged } = await killRounds({
  rounds,
  seed,
  progress: (round, sum) => {
    if (round % TELL_EVERY === 0) say(`${round} of ${rounds} rounds, ${sum} messages acknowledged`);
  },
});
for (const problem of problems) say(problem);
say(problems.length === 0 ? `${acknowledged} messages were acknowledged: all are there once` : `npm run faults failed`);
process.exitCode = problems.length === 0 ? 0 : 1;
