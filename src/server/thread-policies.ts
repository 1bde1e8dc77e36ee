// What was configured for threads, as they ask for it: a policy a tenant. Made once, since it is asked for with every turn.

import type { PolicyOf, ThreadPolicy } from "../threads/index.ts";
import type { Config } from "./config.ts";

export function threadPolicies({ tenants, ...general }: Config["threads"]): PolicyOf {
  const basic: ThreadPolicy = {
    record: general.record,
    visibility: general.visibility,
    links: general.links,
    linkDaysMax: general.linkDaysMax,
    retentionDays: general.retentionDays,
  };
  const single = new Map(
    Object.entries(tenants).map(([tenant, own]): [string, ThreadPolicy] => [
      tenant,
      {
        record: own.record ?? basic.record,
        visibility: own.visibility ?? basic.visibility,
        links: own.links ?? basic.links,
        linkDaysMax: own.linkDaysMax ?? basic.linkDaysMax,
        retentionDays: own.retentionDays ?? basic.retentionDays,
      },
    ]),
  );
  return (tenant) => single.get(tenant) ?? basic;
}
