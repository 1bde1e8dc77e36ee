// A binary heap that also finds, moves and removes any of its members in O(log n).
// Each member is in it at most once. Who changes a member's rank must say so by `update`.

export class Heap<T> {
  readonly #isBefore: (one: T, other: T) => boolean;
  readonly #members: T[] = [];
  readonly #places = new Map<T, number>();

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#members.length;
  }

  get first(): T | undefined {
    return this.#members[0];
  }

  /** All of them, in no order. */
  get members(): readonly T[] {
    return this.#members;
  }

  has(member: T): boolean {
    return this.#places.has(member);
  }

  add(member: T): void {
    if (!this.#places.has(member)) this.#rise(member, this.#members.length);
  }

  remove(member: T): void {
    const place = this.#places.get(member);
    if (place === undefined) return;
    this.#places.delete(member);
    const last = this.#members.pop() as T;
    if (last !== member) this.#place(last, place);
  }

  /** Puts a member, if it is one, where its rank now belongs. */
  update(member: T): void {
    const place = this.#places.get(member);
    if (place !== undefined) this.#place(member, place);
  }

  #place(member: T, place: number): void {
    this.#sink(member, this.#rise(member, place));
  }

  #rise(member: T, from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#members[above] as T;
      if (!this.#isBefore(member, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(member, place);
    return place;
  }

  #sink(member: T, from: number): void {
    let place = from;
    for (let below = 2 * place + 1; below < this.#members.length; below = 2 * place + 1) {
      const right = below + 1;
      const isRightFirst = right < this.#members.length && this.#isBefore(this.#members[right] as T, this.#members[below] as T);
      const child = this.#members[isRightFirst ? right : below] as T;
      if (!this.#isBefore(child, member)) break;
      this.#put(child, place);
      place = isRightFirst ? right : below;
    }
    this.#put(member, place);
  }

  #put(member: T, place: number): void {
    this.#members[place] = member;
    this.#places.set(member, place);
  }
}
