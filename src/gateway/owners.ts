// Which upstream made what only its maker can continue: answers kept by the provider, reasoning sealed for its account.
// Bounded: the one unused for longest is forgotten, and what it made is then balanced like anything else.

export class Owners {
  readonly #entriesMax: number;
  readonly #owners = new Map<string, string>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** @param item an answer's id or a session, scoped by tenant. */
  find(item: string): string | undefined {
    const owner = this.#owners.get(item);
    if (owner !== undefined) this.remember(item, owner);
    return owner;
  }

  remember(item: string, owner: string): void {
    this.#owners.delete(item);
    if (this.#owners.size >= this.#entriesMax) {
      const oldest = this.#owners.keys().next();
      if (!oldest.done) this.#owners.delete(oldest.value);
    }
    this.#owners.set(item, owner);
  }
}
