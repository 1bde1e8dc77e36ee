// Whatever happens to a checkout, an answer is what the disk and git say at that moment. A million operations: bench/stale.ts.

import { expect, test } from "bun:test";
import { seededRandom } from "../../src/base/index.ts";
import { RandomCheckout } from "../kit/random-checkout.ts";

const OPERATIONS = 3000;
const hasGit = Bun.which("git") !== null;
const name = "no answer is stale while a checkout is edited, renamed, switched, stormed and its watcher killed";

test.skipIf(!hasGit)(
  hasGit ? name : `skipped: ${name} (git is not on this machine)`,
  async () => {
    const checkout = new RandomCheckout(seededRandom(20));
    try {
      while (checkout.tally.operations < OPERATIONS) await checkout.step();
      expect(checkout.tally.stale).toEqual([]);
      expect(checkout.tally.answers).toBeGreaterThan(2 * OPERATIONS);
    } finally {
      await checkout.close();
    }
  },
  120_000,
);
