// Work of one conversation goes one after the other, work of different ones side by side.

export class Lanes {
  readonly #last = new Map<string, Promise<void>>();

  /** Lanes with work in them. */
  get size(): number {
    return this.#last.size;
  }

  /** @param work must not throw. Resolves after it. */
  run(lane: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(lane);
    const done: Promise<void> = (before ? before.then(work) : work()).then(() => {
      if (this.#last.get(lane) === done) this.#last.delete(lane);
    });
    this.#last.set(lane, done);
    return done;
  }

  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
