// Which tenants have threads, so that work over all of them finds each: a thread a tenant, under a name that no tenant can have. A tenant is
// noted before its first thread of this process is made.

import type { ThreadPlace, ThreadStore } from "../ports/index.ts";
import { threadOfSession } from "./digest.ts";
import { Recent } from "./recent.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

/** Names of tenants do not begin with a space. */
const RESERVED = " ";
const TENANT = " tenants";
const PAGE = 200;
const REMEMBERED_MAX = 10_000;

/** The same writer, which notes the tenants of the threads it makes. */
export function notingTenants(write: WriteThread): WriteThread {
  const noted = new Recent<true>(REMEMBERED_MAX);
  return async (order, rank) => {
    const { tenant } = order.key;
    if (order.kind === "put" && order.create && !tenant.startsWith(RESERVED) && !noted.get(tenant)) {
      const { createdMs } = order.create;
      const create = { user: tenant, team: tenant, createdMs, visibility: "private", title: tenant } as const;
      const key = { tenant: TENANT, id: threadOfSession(TENANT, tenant) };
      await write({ kind: "put", key, ifVersion: 0, create }, Math.min(rank, RANK.recorded));
      noted.set(tenant, true);
    }
    return write(order, rank);
  };
}

/** All tenants that were ever noted. Rejects as the store does. */
export async function* tenantsOf(store: ThreadStore): AsyncGenerator<string> {
  let after: ThreadPlace | undefined;
  for (;;) {
    const page = await store.list({ tenant: TENANT, viewer: undefined }, { limit: PAGE, ...(after ? { after } : {}) });
    for (const { title } of page) yield title;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = { activeMs: last.activeMs, id: last.id };
  }
}
