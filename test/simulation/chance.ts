// Draws from a seeded source, in the words of the simulation.

import type { Random } from "../../src/base/index.ts";

export const between = (random: Random, from: number, to: number): number => from + (to - from) * random.next();

export const wholeBetween = (random: Random, from: number, to: number): number => from + random.below(to - from + 1);

export const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)] as T;

export const happens = (random: Random, share: number): boolean => random.next() < share;
