// Those who wait until all is settled that was added before they asked. They never hold up what is added later.

interface Flush {
  readonly order: number;
  left: number;
  readonly done: () => void;
}

export class Flushes {
  #added = 0;
  #unsettled = 0;
  #waiting: Flush[] = [];

  /** Its number. */
  added(): number {
    this.#unsettled++;
    return ++this.#added;
  }

  settled(order: number): void {
    this.#unsettled--;
    if (this.#waiting.length === 0) return;
    for (const flush of this.#waiting) if (order <= flush.order && --flush.left === 0) flush.done();
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
  }

  wait(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ order: this.#added, left: this.#unsettled, done }));
  }
}
