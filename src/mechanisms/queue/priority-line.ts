// All who wait at one priority: fair among tenants, then among a tenant's users; inside a user the earliest deadline,
// or, when the line stands, the newest, whose caller is the likeliest to be still there.

import type { AdmissionRequest } from "./admission.ts";
import { FairShare, type Owner } from "./fair-share.ts";
import { Heap } from "./heap.ts";
import { boundedWeight } from "./queue-options.ts";
import { Standing } from "./standing.ts";
import { byNewest, byUrgency, type Place, type TenantLine, type UserLine, type Waiter } from "./waiter.ts";

export class PriorityLine {
  readonly #tenants: FairShare<TenantLine>;
  readonly #heaviest = new Heap<Owner<TenantLine>>(isHeavier);
  readonly #standing: Standing;
  count = 0;
  tokens = 0;
  /** Tokens that its floor share still owes it. */
  credit = 0;

  constructor(options: { targetMs: number; intervalMs: number; weightOf: (tenant: string) => number }) {
    this.#standing = new Standing(options.targetMs, options.intervalMs);
    this.#tenants = new FairShare<TenantLine>(
      () => ({ users: new FairShare<UserLine>(newUserLine), newest: byNewest(), waitingTokens: 0 }),
      (tenant) => boundedWeight(options.weightOf(tenant)),
    );
  }

  add(waiter: Waiter, nowMs: number): void {
    if (this.count === 0) this.#standing.empty(nowMs);
    const tenant = this.#tenants.join(waiter.request.tenant);
    const user = tenant.members.users.join(waiter.request.user);
    waiter.place = { tenant, user };
    tenant.members.newest.add(waiter);
    user.members.all.add(waiter);
    user.members.urgent.add(waiter);
    user.members.newest.add(waiter);
    user.members.waitingTokens += waiter.tokens;
    this.#weigh(tenant, waiter.tokens);
    this.count++;
  }

  /** Also of one who is served: then after `charge`, so that the debt is known when the owner leaves. */
  remove(waiter: Waiter): void {
    const place = waiter.place as Place;
    const { tenant, user } = place;
    waiter.place = undefined;
    user.members.all.delete(waiter);
    user.members.urgent.remove(waiter);
    user.members.newest.remove(waiter);
    tenant.members.newest.remove(waiter);
    user.members.waitingTokens -= waiter.tokens;
    this.#weigh(tenant, -waiter.tokens);
    if (user.members.urgent.size === 0) tenant.members.users.leave(user);
    if (tenant.members.newest.size === 0) this.#tenants.leave(tenant);
    this.count--;
    if (this.count === 0) this.credit = 0;
  }

  next(nowMs: number): Waiter | undefined {
    const user = this.#tenants.next?.members.users.next?.members;
    return this.#standing.at(nowMs) ? user?.newest.first : user?.urgent.first;
  }

  /** While the newest go first, whom a new request of this user pushes the furthest back. */
  passedOver({ tenant, user }: AdmissionRequest, nowMs: number): Waiter | undefined {
    if (!this.#standing.at(nowMs)) return undefined;
    const [oldest] = this.#tenants.find(tenant)?.members.users.find(user)?.members.all ?? [];
    return oldest;
  }

  /** Who goes when there is no room: the newest of the tenant with most tokens waiting. */
  get victim(): Waiter | undefined {
    return this.#heaviest.first?.members.newest.first;
  }

  /** @returns the place to settle when its work has finished. */
  charge(waiter: Waiter, nowMs: number): Place {
    const place = waiter.place as Place;
    this.#tenants.charge(place.tenant, waiter.tokens);
    place.tenant.members.users.charge(place.user, waiter.tokens);
    this.#standing.served(nowMs - waiter.sinceMs, nowMs);
    return place;
  }

  settle(place: Place, difference: number): void {
    place.tenant.members.users.settle(place.user, difference);
    this.#tenants.settle(place.tenant, difference);
  }

  /** As settle, of work that was let in while nobody was in line: owners of whom nothing is known by now owe nothing. */
  correct({ tenant: name, user: userName }: AdmissionRequest, difference: number): void {
    const tenant = this.#tenants.find(name);
    if (!tenant) return;
    const user = tenant.members.users.find(userName);
    if (user) tenant.members.users.correct(user, difference);
    this.#tenants.correct(tenant, difference);
  }

  passedBy(tokens: number): void {
    this.#tenants.passedBy(tokens);
  }

  /**
   * Tokens of this priority that go before a new request: by fair shares, of each user as much as its own waits, and of
   * each tenant as much as that comes to. Without a user or a tenant, all of the tenant's or of the line.
   */
  tokensAhead(tenantName?: string, userName?: string): number {
    if (tenantName === undefined) return this.tokens;
    const tenant = this.#tenants.find(tenantName)?.members;
    if (!tenant) return 0;
    const ofUser = tenant.users.find(userName ?? "")?.members.waitingTokens ?? 0;
    const own = userName === undefined ? tenant.waitingTokens : tenant.users.timesShare(userName, ofUser);
    return Math.min(this.tokens, this.#tenants.timesShare(tenantName, Math.min(tenant.waitingTokens, own)));
  }

  #weigh(tenant: Owner<TenantLine>, tokens: number): void {
    this.tokens += tokens;
    tenant.members.waitingTokens += tokens;
    if (tenant.members.newest.size === 0) this.#heaviest.remove(tenant);
    else if (this.#heaviest.has(tenant)) this.#heaviest.update(tenant);
    else this.#heaviest.add(tenant);
  }
}

/** By weight. Of two as heavy, the one that came last: no newcomer drives out who waited. */
function isHeavier(one: Owner<TenantLine>, other: Owner<TenantLine>): boolean {
  const difference = one.members.waitingTokens / one.weight - other.members.waitingTokens / other.weight;
  if (difference !== 0) return difference > 0;
  return (one.members.newest.first?.sequence ?? 0) > (other.members.newest.first?.sequence ?? 0);
}

const newUserLine = (): UserLine => ({ urgent: byUrgency(), newest: byNewest(), all: new Set(), waitingTokens: 0 });
