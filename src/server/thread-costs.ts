// What a turn cost, by the prices that were configured.

import { matchesWildcard } from "../gateway/index.ts";
import type { TurnUsage } from "../threads/index.ts";
import type { Config } from "./config.ts";

type Price = Config["threads"]["prices"][number];

const REMEMBERED_MAX = 1000;

/** In millionths of a dollar, which is what a token of a dollar a million costs. Whole, since sums of them are compared. */
export function costs(prices: readonly Price[]): (model: string, usage: TurnUsage) => number {
  const known = new Map<string, Price | undefined>();
  const priceOf = (model: string): Price | undefined => {
    if (known.has(model)) return known.get(model);
    const price = prices.find(({ models }) => models.some((pattern) => matchesWildcard(pattern, model)));
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(model, price);
    return price;
  };
  return (model, { input, cacheRead, cacheWrite, output }) => {
    const price = priceOf(model);
    if (!price) return 0;
    return Math.round(input * price.input + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite + output * price.output);
  };
}
