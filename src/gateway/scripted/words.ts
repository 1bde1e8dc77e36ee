// Words to fill an answer of a given length: the same for the same seed, and readable enough to watch on a screen.

import { seededRandom } from "../../base/index.ts";

const WORDS =
  "the water turns a wheel and the wheel turns a stone while grain runs slowly from hopper to sack then rests until morning".split(
    " ",
  );

/** `count` words with single spaces between them. */
export function words(count: number, seed: string): string {
  const random = seededRandom(Number.parseInt(seed.slice(0, 8), 16));
  return Array.from({ length: count }, () => WORDS[random.below(WORDS.length)]).join(" ");
}
