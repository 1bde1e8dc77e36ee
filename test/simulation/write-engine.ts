// An engine that commits writes, idempotent by their id, and what can be wrong with one: slow, down, out of reach after it
// committed, hanging before or after that, or answering when it is asked no more. Its log is what is durable.

import { type Cancellation, MillraceError, type Random, type VirtualClock } from "../../src/base/index.ts";
import { between, happens } from "./chance.ts";
import type { Journal } from "./journal.ts";

export interface SimulatedWrite {
  readonly id: number;
  readonly thread: string | undefined;
  readonly rank: number;
  readonly bytes: number;
  /** No batch with it is committed. */
  readonly isBad: boolean;
}

export type EngineTrouble = "is slow" | "is down" | "flickers" | "loses answers" | "hangs" | "refuses all";

/** What the commit rejects with. `away` is worth another try. */
export class EngineError extends Error {
  readonly kind: "away" | "bad row" | "read-only";

  constructor(kind: EngineError["kind"]) {
    super(kind);
    this.kind = kind;
  }
}

export const COMMIT_MS_MAX = 8;

export class WriteEngine {
  readonly log: SimulatedWrite[] = [];
  readonly committed = new Set<number>();
  /** Of these an answer was lost: what their caller is told says nothing of them. */
  readonly inDoubt = new Set<number>();
  running = 0;
  trouble: EngineTrouble | undefined;
  readonly #options: { clock: VirtualClock; random: Random; journal: Journal; commitsMax: number };

  constructor(options: { clock: VirtualClock; random: Random; journal: Journal; commitsMax: number }) {
    this.#options = options;
  }

  readonly commit = async (writes: readonly SimulatedWrite[], signal: Cancellation): Promise<readonly number[]> => {
    const { journal, commitsMax } = this.#options;
    journal.note("commit", writes.map(({ id }) => id).join(" "));
    journal.must(++this.running <= commitsMax, () => `${this.running} commits run at once`);
    try {
      return await this.#commit(writes, signal, this.trouble);
    } finally {
      this.running--;
    }
  };

  async #commit(writes: readonly SimulatedWrite[], signal: Cancellation, trouble?: EngineTrouble): Promise<readonly number[]> {
    const { clock, random, journal } = this.#options;
    await clock.sleep(trouble === "is slow" ? between(random, 50, 400) : between(random, 1, COMMIT_MS_MAX), signal);
    if (trouble === "refuses all") throw new EngineError("read-only");
    if (trouble === "is down" || (trouble === "flickers" && happens(random, 0.5))) throw new EngineError("away");
    if (trouble === "hangs" && happens(random, 0.3)) await this.#hang(writes, signal, false);
    if (writes.some(({ isBad }) => isBad)) throw new EngineError("bad row");
    const isLost = trouble === "loses answers" && happens(random, 0.5);
    for (const write of writes) {
      if (isLost) this.inDoubt.add(write.id);
      if (this.committed.has(write.id)) {
        journal.must(this.inDoubt.has(write.id), () => `${write.id} was committed and acknowledged, and is sent again`);
        journal.count("sent again after it was committed");
        continue;
      }
      this.committed.add(write.id);
      this.log.push(write);
    }
    if (isLost) throw new EngineError("away");
    if (trouble === "hangs" && happens(random, 0.3)) await this.#hang(writes, signal, true);
    return writes.map(({ id }) => id);
  }

  /** Until nobody waits any more. */
  async #hang(writes: readonly SimulatedWrite[], signal: Cancellation, isCommitted: boolean): Promise<void> {
    const { clock, journal } = this.#options;
    journal.note("hangs", isCommitted ? "after the commit" : "before the commit");
    if (isCommitted) for (const { id } of writes) this.inDoubt.add(id);
    try {
      await clock.sleep(3_600_000, signal);
    } catch {
      journal.must(MillraceError.is(signal.reason), () => "a commit was left without a word");
      throw new EngineError("away");
    }
  }
}
