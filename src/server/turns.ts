// Keeps a burst of new calls from holding up the streams under way: in one turn of the event loop only so many calls
// begin, the rest begin in the next ones, in the order they came. Between turns the runtime hands frames on.

export interface TurnsOptions {
  /** Calls that may begin in one turn. */
  readonly perTurn: number;
  /** Runs this once all that is ready now was handled. */
  readonly nextTurn: (run: () => void) => void;
}

export class Turns {
  readonly #perTurn: number;
  readonly #nextTurn: TurnsOptions["nextTurn"];
  readonly #waiting: (() => void)[] = [];
  #begun = 0;
  #isTurning = false;

  constructor({ perTurn, nextTurn }: TurnsOptions) {
    this.#perTurn = perTurn;
    this.#nextTurn = nextTurn;
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Undefined when the call may begin at once; else resolves when it may. */
  take(): Promise<void> | undefined {
    this.#begun++;
    if (this.#begun === 1) this.#turn();
    if (this.#begun <= this.#perTurn) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#nextTurn(() => {
      this.#isTurning = false;
      const next = this.#waiting.splice(0, this.#perTurn);
      // Who waits still counts as begun, so that nobody who comes now goes before them.
      this.#begun = next.length + this.#waiting.length;
      if (this.#begun > 0) this.#turn();
      for (const begin of next) begin();
    });
  }
}
