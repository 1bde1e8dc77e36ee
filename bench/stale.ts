// Claim: whatever happens to a checkout, no answer is stale. A million random operations; after each, what they touched is asked for and compared with
// what the disk and git say at that moment.

import { seededRandom } from "../src/base/index.ts";
import { RandomCheckout } from "../test/kit/random-checkout.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { whole } from "./kit/statistics.ts";

const OPERATIONS = 1_000_000;
const OPERATIONS_QUICK = 20_000;
const SEEDS = 4;

async function run(_: Rig, report: Report): Promise<void> {
  const each = (report.quick ? OPERATIONS_QUICK : OPERATIONS) / SEEDS;
  const kinds = new Map<string, number>();
  let [operations, answers, stale, losses] = [0, 0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const checkout = new RandomCheckout(seededRandom(seed));
    const { tally } = checkout;
    while (tally.operations < each) {
      await checkout.step();
      if (tally.operations % 10_000 === 0)
        process.stderr.write(`\r${whole(operations + tally.operations)} operations, ${whole(stale + tally.staleCount)} stale`);
    }
    await checkout.close();
    for (const line of tally.stale) say(line);
    for (const [kind, count] of tally.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    operations += tally.operations;
    answers += tally.answers;
    stale += tally.staleCount;
    losses += tally.watcherLosses;
  }
  process.stderr.write("\n");
  report.table([["operation", "times"], ...[...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => [kind, whole(count)])]);
  say(`The watcher was lost and began anew at least ${whole(losses)} times.`);
  report.bar(`stale answers in ${whole(operations)} operations: none`, `${whole(stale)} of ${whole(answers)}`, stale === 0);
}

await benchmark({ claim: "No answer is stale, whatever happens to a checkout.", needs: ["git"], run });
