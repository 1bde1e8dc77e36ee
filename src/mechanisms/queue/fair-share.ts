// Whose turn it is among owners who share something: a virtual token counter each, the lowest goes next
// (VTC, Sheng et al., OSDI'24). A counter is lifted when its owner comes back from idle, so that nobody saves up turns;
// it is charged by the estimate and settled by real use. The gap between two that always wait is bounded by what
// is in flight, however long they run. Owners of whom nothing need be known are forgotten; idle ones in debt, in the end.

import { Heap } from "./heap.ts";

const IDLE_OWNERS_MAX = 1000;

export interface Owner<M> {
  readonly name: string;
  readonly weight: number;
  readonly members: M;
  counter: number;
  inFlight: number;
}

export class FairShare<M> {
  readonly #makeMembers: () => M;
  readonly #weightOf: (name: string) => number;
  readonly #owners = new Map<string, Owner<M>>();
  /** Owners who have someone in line. */
  readonly #active = new Heap<Owner<M>>((one, other) => one.counter < other.counter);
  /** Oldest first: neither waiting nor in flight, but in debt. */
  readonly #idle = new Set<Owner<M>>();
  #activeWeight = 0;
  #lastLeft = 0;

  constructor(makeMembers: () => M, weightOf: (name: string) => number = () => 1) {
    this.#makeMembers = makeMembers;
    this.#weightOf = weightOf;
  }

  /** What goes by fair shares before that much of one owner is through: of each active one as much, by weight. */
  timesShare(name: string | undefined, tokens: number): number {
    const weight = (name === undefined ? undefined : this.#owners.get(name)?.weight) ?? 1;
    return (tokens * this.#activeWeight) / weight;
  }

  /** So much was let in while nobody was in line: charged to nobody, but old debts lose by it. */
  passedBy(tokens: number): void {
    this.#lastLeft += tokens;
  }

  get next(): Owner<M> | undefined {
    return this.#active.first;
  }

  find(name: string): Owner<M> | undefined {
    return this.#owners.get(name);
  }

  /** The owner of that name, who now has someone in line. */
  join(name: string): Owner<M> {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = { name, weight: this.#weightOf(name), members: this.#makeMembers(), counter: 0, inFlight: 0 };
      this.#owners.set(name, owner);
    }
    if (this.#active.has(owner)) return owner;
    this.#idle.delete(owner);
    owner.counter = Math.max(owner.counter, this.#active.first?.counter ?? this.#lastLeft);
    this.#active.add(owner);
    this.#activeWeight += owner.weight;
    return owner;
  }

  /** The owner has nobody in line any more. */
  leave(owner: Owner<M>): void {
    this.#active.remove(owner);
    // Not by subtraction alone: fractions would add up over the years.
    this.#activeWeight = this.#active.size === 0 ? 0 : this.#activeWeight - owner.weight;
    this.#lastLeft = owner.counter;
    this.#forgetIfIdle(owner);
  }

  charge(owner: Owner<M>, tokens: number): void {
    owner.inFlight++;
    this.#add(owner, tokens);
  }

  /** @param difference real use less the estimate. */
  settle(owner: Owner<M>, difference: number): void {
    owner.inFlight--;
    this.correct(owner, difference);
  }

  /** As settle, of work that was let in while nobody was in line. */
  correct(owner: Owner<M>, difference: number): void {
    this.#add(owner, difference);
    this.#forgetIfIdle(owner);
  }

  #add(owner: Owner<M>, tokens: number): void {
    owner.counter += tokens / owner.weight;
    this.#active.update(owner);
  }

  #forgetIfIdle(owner: Owner<M>): void {
    if (owner.inFlight > 0 || this.#active.has(owner)) return;
    // It would be lifted to this when it returns.
    if (owner.counter <= (this.#active.first?.counter ?? this.#lastLeft)) this.#owners.delete(owner.name);
    else this.#idle.add(owner);
    if (this.#idle.size <= IDLE_OWNERS_MAX) return;
    const [oldest] = this.#idle;
    if (!oldest) return;
    this.#idle.delete(oldest);
    this.#owners.delete(oldest.name);
  }
}
