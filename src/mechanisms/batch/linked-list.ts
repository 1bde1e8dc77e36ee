// A list whose links are its members' own, so that each leaves from wherever it stands at the same small cost.

export interface Link<T> {
  readonly value: T;
  before: Link<T> | undefined;
  after: Link<T> | undefined;
}

export class LinkedList<T> {
  size = 0;
  first: Link<T> | undefined;
  #last: Link<T> | undefined;

  push(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = link;
    else this.first = link;
    this.#last = link;
    this.size++;
    return link;
  }

  /** The link is one of this list, and is so once. */
  remove(link: Link<T>): void {
    if (link.before) link.before.after = link.after;
    else this.first = link.after;
    if (link.after) link.after.before = link.before;
    else this.#last = link.before;
    this.size--;
  }
}
