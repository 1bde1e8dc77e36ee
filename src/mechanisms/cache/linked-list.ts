// A doubly linked list threaded through links that the owners hold, so that any owner leaves in constant time.
// A JavaScript Set would do the same, but finding its oldest member is slow on V8 after many removals at the front.

export class Link<T> {
  /** The owner, or undefined for the end of a list. */
  readonly owner: T | undefined;
  older: Link<T> = this;
  newer: Link<T> = this;

  constructor(owner: T | undefined) {
    this.owner = owner;
  }
}

export class LinkedList<T> {
  readonly #end = new Link<T>(undefined);

  get oldest(): T | undefined {
    return this.#end.newer.owner;
  }

  /** The link must not be in a list. */
  addNewest(link: Link<T>): void {
    const end = this.#end;
    link.newer = end;
    link.older = end.older;
    end.older.newer = link;
    end.older = link;
  }

  remove(link: Link<T>): void {
    link.older.newer = link.newer;
    link.newer.older = link.older;
  }
}
