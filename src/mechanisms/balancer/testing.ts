// For the tests of the balancer: one on a virtual clock with backends named a, b, c and on.

import { seededRandom, VirtualClock } from "../../base/index.ts";
import { Balancer, type BalancerOptions, type Choice, type ChooseRequest, type Outcome } from "./index.ts";

export interface Setting extends Partial<BalancerOptions> {
  count?: number;
}

export const named = (count: number) => Array.from({ length: count }, (_, at) => ({ name: String.fromCharCode(97 + at) }));

export function make({ count = 4, ...options }: Setting = {}) {
  const clock = new VirtualClock(0, setImmediate);
  const balancer = new Balancer({ backends: named(count), clock, random: seededRandom(1), ...options });
  const choose = (request: Partial<ChooseRequest> = {}): Choice => {
    const choice = balancer.choose({ tokens: 100, ...request });
    if (!choice) throw new Error("No backend is able.");
    return choice;
  };
  return {
    clock,
    balancer,
    choose,
    /** Chooses, ends at once, and says where it was. */
    ask(request: Partial<ChooseRequest> = {}, outcome: Outcome = { kind: "ok" }): string {
      const choice = choose(request);
      choice.done(outcome);
      return choice.backend;
    },
    /** Puts more under way on a backend than its share; returns the end of all that. */
    fill(name: string, requests = 10, tokens = 100): () => void {
      const open = Array.from({ length: requests }, () => choose({ pinned: name, tokens }));
      return () => {
        for (const choice of open) choice.done();
      };
    },
    /** Ejects a backend by failures in a row. */
    fail(name: string, failures = 5): void {
      for (let at = 0; at < failures; at++) choose({ pinned: name }).done({ kind: "failed" });
    },
    health: (name: string) => balancer.stats().backends.find((backend) => backend.name === name)?.health,
    /** A session whose home is the given backend, while nothing else is under way. */
    sessionOf(name: string, prefix = "s"): string {
      const probe = new Balancer({ backends: options.backends ?? named(count), clock, random: seededRandom(1) });
      for (let at = 0; at < 10_000; at++) {
        const choice = probe.choose({ key: `${prefix}${at}`, tokens: 0 });
        choice?.done();
        if (choice?.backend === name) return `${prefix}${at}`;
      }
      throw new Error(`No session found for ${name}.`);
    },
  };
}
