// Removes what is older than the organisation keeps: threads last active before that, of each tenant by its own policy, a page at a time.
// Deleting bumps nothing else; a run that was interrupted goes on where it was. Records of who shared what are not reached.

import type { Abortable, Clock } from "../base/index.ts";
import type { ThreadStore } from "../ports/index.ts";
import type { PolicyOf } from "./thread-policy.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

const PAGE = 100;
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly store: ThreadStore;
  readonly write: WriteThread;
  readonly clock: Clock;
  readonly policyOf: PolicyOf;
  readonly tenants: AsyncIterable<string>;
}

/** One run over all tenants. @returns how many threads were removed. Rejects as the store does, or with the signal's reason. */
export async function removeExpired(
  { store, write, clock, policyOf, tenants }: RetentionOptions,
  signal?: Abortable,
): Promise<number> {
  let removed = 0;
  for await (const tenant of tenants) {
    const { retentionDays } = policyOf(tenant);
    if (retentionDays === undefined) continue;
    const untilMs = clock.now() - retentionDays * DAY_MS;
    for (;;) {
      signal?.throwIfAborted();
      const page = await store.list({ tenant, viewer: undefined, untilMs }, { limit: PAGE });
      const gone = page.map(({ id }) => write({ kind: "delete", key: { tenant, id }, atMs: clock.now() }, RANK.removed));
      const written = (await Promise.all(gone)).filter(({ kind }) => kind === "written").length;
      removed += written;
      if (page.length < PAGE || written === 0) break;
    }
  }
  return removed;
}
