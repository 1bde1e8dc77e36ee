// Measures several peers in turns (A B C, A B C …), so that what else the machine does meets all of them.

import { say } from "./report.ts";
import { median } from "./statistics.ts";

export interface Contender<T> {
  readonly name: string;
  readonly measure: () => Promise<T>;
}

/** One round of `warmUp` that is not counted, then `count` rounds. @returns by name, oldest round first */
export async function rounds<T>(contenders: readonly Contender<T>[], count: number, warmUps = 1): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < count; round++) {
    if (process.stderr.isTTY) process.stderr.write(round < 0 ? "warming up\n" : `round ${round + 1} of ${count}\n`);
    for (const { name, measure } of contenders) {
      const result = await measure();
      if (round >= 0) results.get(name)?.push(result);
    }
  }
  return results;
}

export const medianOf = <T>(results: Map<string, T[]>, name: string, figure: (result: T) => number): number =>
  median((results.get(name) ?? []).map(figure));

export const sumOf = <T>(results: Map<string, T[]>, name: string, figure: (result: T) => number): number =>
  (results.get(name) ?? []).reduce((sum, result) => sum + figure(result), 0);

/** Errors make a figure worthless: they are said, and count as a miss. */
export function sayErrors(errors: ReadonlyMap<string, number>): boolean {
  const broken = [...errors].filter(([, count]) => count > 0);
  for (const [name, count] of broken) say(`${name}: ${count} requests failed, so its figures do not count.`);
  return broken.length > 0;
}
