// Many threads that write through one batcher to one engine, on virtual time and drawn from a seed: a wild time with troubles, bursts and
// callers who leave, then a calm in which every write must be acknowledged soon; or a stop in the middle. What must hold is checked.

import { Cancellation, MillraceError, type Random, seededRandom, VirtualClock } from "../../src/base/index.ts";
import { Batcher, type BatcherOptions } from "../../src/mechanisms/batch/index.ts";
import { between, happens, oneOf, wholeBetween } from "./chance.ts";
import type { FlowRun } from "./flow-world.ts";
import { Journal } from "./journal.ts";
import { COMMIT_MS_MAX, EngineError, type EngineTrouble, type SimulatedWrite, WriteEngine } from "./write-engine.ts";

const WILD_MS = 15_000;
const RECOVERY_MS = 5000;
const CALM_MS = 2000;
const COMMIT_LIMIT_MS = 800;
const RETRY = { firstMs: 20, maxMs: 500, forMs: 2500 };
const TROUBLES: readonly EngineTrouble[] = ["is slow", "is down", "flickers", "loses answers", "hangs", "refuses all"];
const BYTES = [200, 2000, 6000, 70_000, 300_000];

class BatchWorld {
  readonly clock = new VirtualClock(1_700_000_000_000, setImmediate);
  readonly journal: Journal;
  readonly #random: Random;
  readonly #engine: WriteEngine;
  readonly #batcher: Batcher<SimulatedWrite, number>;
  readonly #options: Required<Pick<BatcherOptions<never, never>, "itemsMax" | "commitsMax" | "waitingMax" | "holdMsMax">>;
  readonly #written: SimulatedWrite[] = [];
  readonly #acknowledged: SimulatedWrite[] = [];
  readonly #threads: string[];
  /** Nothing goes wrong there but too much load: nobody may wait longer than by the hold and the backlog. */
  readonly #isHealthy: boolean;
  #open = 0;

  constructor(seed: number) {
    this.journal = new Journal(seed, this.clock);
    this.#random = seededRandom(seed);
    const random = this.#random;
    this.#isHealthy = seed % 5 === 0;
    this.#threads = Array.from({ length: wholeBetween(random, 1, 40) }, (_, index) => `thread ${index}`);
    this.#options = {
      itemsMax: oneOf(random, [4, 20, 50]),
      commitsMax: oneOf(random, [1, 1, 3]),
      waitingMax: wholeBetween(random, 20, 300),
      holdMsMax: between(random, 100, 1000),
    };
    const { clock, journal } = this;
    this.#engine = new WriteEngine({ clock, journal, random: seededRandom(1000 * seed), commitsMax: this.#options.commitsMax });
    this.#batcher = new Batcher<SimulatedWrite, number>({
      ...this.#options,
      ...{ clock, random, commit: this.#engine.commit, commitMsMax: COMMIT_LIMIT_MS, retry: RETRY, collectMsMax: 20 },
      bytesOf: ({ bytes }) => bytes,
      keyOf: ({ thread }) => thread,
      rankOf: ({ rank }) => rank,
      // Safe to send again: the engine knows ids.
      isRetriable: (error) =>
        (error instanceof EngineError && error.kind === "away") || (seed % 2 === 0 && MillraceError.is(error, "batch_unknown")),
      waitingBytesMax: 4_000_000,
      whenFull: happens(random, 0.5) ? "wait" : "refuse",
    });
  }

  async play(): Promise<FlowRun> {
    const random = this.#random;
    if (!this.#isHealthy) this.#drawTroubles();
    const wild = this.#write(WILD_MS, this.#isHealthy ? between(random, 0.8, 2) : between(random, 0.1, 1.2));
    const stopsEarly = !this.#isHealthy && happens(random, 0.3);
    if (stopsEarly) await this.#stop(between(random, 3000, WILD_MS));
    else {
      await this.clock.advance(WILD_MS + RECOVERY_MS);
      this.journal.must(this.#open === 0, () => `${this.#open} callers still wait in a calm`);
      await this.#checkIdle();
      const calm = this.#write(CALM_MS, 0.2);
      await this.clock.advance(CALM_MS + 1000);
      await calm;
      await this.#stop(0);
    }
    await this.clock.advance(WILD_MS);
    await wild;
    this.#checkEnd();
    return { digest: this.journal.digest(), counts: this.journal.counts };
  }

  #drawTroubles(): void {
    const random = this.#random;
    for (let fromMs = between(random, 0, 2000); fromMs < WILD_MS; ) {
      const trouble = oneOf(random, TROUBLES);
      const toMs = Math.min(WILD_MS, fromMs + between(random, 100, happens(random, 0.3) ? 6000 : 1500));
      const turn = (to: EngineTrouble | undefined) => {
        this.#engine.trouble = to;
        this.journal.note("trouble", to ?? "none");
      };
      this.clock.schedule(fromMs, () => turn(trouble));
      this.clock.schedule(toMs, () => turn(undefined));
      fromMs = toMs + between(random, 50, 3000);
    }
  }

  /** @param load of what the engine can commit, one commit after the other */
  async #write(forMs: number, load: number): Promise<void> {
    const { clock } = this;
    const random = this.#random;
    const untilMs = clock.monotonic() + forMs;
    const perMs = (load * Math.min(10, this.#options.itemsMax)) / COMMIT_MS_MAX;
    while (clock.monotonic() < untilMs) {
      const count = happens(random, 0.05) ? wholeBetween(random, 5, 80) : wholeBetween(random, 1, 3);
      for (let each = 0; each < count; each++) this.#add();
      await clock.sleep((count / perMs) * 2 * random.next());
    }
  }

  #add(): void {
    const { clock, journal } = this;
    const random = this.#random;
    const write: SimulatedWrite = {
      id: this.#written.length,
      thread: happens(random, 0.8) ? oneOf(random, this.#threads) : undefined,
      rank: random.below(8),
      bytes: this.#isHealthy ? 200 : oneOf(random, BYTES),
      isBad: !this.#isHealthy && happens(random, 0.005),
    };
    this.#written.push(write);
    const caller = new Cancellation();
    if (!this.#isHealthy && happens(random, 0.1)) clock.schedule(between(random, 0, 300), () => caller.abort("left"));
    const addedMs = clock.monotonic();
    let told = 0;
    this.#open++;
    const settled = (fate: string) => {
      this.#open--;
      journal.note(fate, `${write.id}`);
      journal.must(++told === 1, () => `the caller of ${write.id} was told twice`);
    };
    this.#batcher.add(write, { signal: caller }).then(
      (result) => {
        settled("acknowledged");
        this.#acknowledged.push(write);
        journal.must(result === write.id, () => `${write.id} was given the result of ${result}`);
        journal.must(this.#engine.committed.has(write.id), () => `${write.id} was acknowledged and is not committed`);
        this.#checkWait(write, clock.monotonic() - addedMs);
      },
      (error: unknown) => {
        const fate = MillraceError.is(error) ? error.code : error instanceof EngineError ? error.kind : String(error);
        settled(fate);
        this.#checkRefusal(write, fate);
      },
    );
    this.#checkBounds();
  }

  #checkRefusal({ id, isBad }: SimulatedWrite, fate: string): void {
    const { journal } = this;
    const { committed, inDoubt } = this.#engine;
    journal.must(!committed.has(id) || inDoubt.has(id), () => `${id} was committed, and its caller told "${fate}"`);
    const wasNeverSent = ["left", "batch_full", "store_unavailable"].includes(fate);
    journal.must(!wasNeverSent || !committed.has(id), () => `${id} was sent, and its caller told "${fate}"`);
    journal.must(fate !== "bad row" || isBad, () => `${id} was blamed for another's fault`);
  }

  #checkWait({ id }: SimulatedWrite, tookMs: number): void {
    if (!this.#isHealthy) return;
    const { itemsMax, waitingMax, holdMsMax } = this.#options;
    // Outside for want of room, the hold, those as old before it; a key is taken up again when its commit is done.
    const commits = 2 * Math.ceil(waitingMax / itemsMax) + 4;
    const msMax = holdMsMax + commits * COMMIT_MS_MAX;
    this.journal.must(tookMs <= msMax, () => `${id} took ${tookMs} ms, and ${msMax} at most would be right`);
  }

  #checkBounds(): void {
    const { waiting, waitingBytes, waitingForRoom, committing } = this.#batcher.stats();
    const { itemsMax, commitsMax, waitingMax } = this.#options;
    const holds = waiting <= waitingMax && waitingForRoom <= waitingMax && committing <= itemsMax * commitsMax;
    this.journal.must(holds && waitingBytes <= 4_000_000, () => JSON.stringify(this.#batcher.stats()));
    if (waitingForRoom > 0) this.journal.count("waited for room");
  }

  /** Alone: one commit, and no timer before or after it. */
  async #checkIdle(): Promise<void> {
    const { clock, journal } = this;
    journal.must(clock.pendingCount === 0, () => `${clock.pendingCount} timers while idle`);
    const commits = this.#engine.log.length;
    this.#add();
    await clock.advance(COMMIT_MS_MAX);
    const isDone = this.#open === 0 && this.#engine.log.length <= commits + 1;
    journal.must(isDone && clock.pendingCount <= 1, () => "an idle batcher does not commit at once");
    await clock.advance(1000);
  }

  async #stop(afterMs: number): Promise<void> {
    const { clock, journal } = this;
    await clock.advance(afterMs);
    const graceMs = 1000;
    let failed: number | undefined;
    void this.#batcher.close(clock.monotonic() + graceMs).then((count) => {
      failed = count;
    });
    journal.note("close", `${this.#open} open`);
    await clock.advance(graceMs);
    journal.must(failed !== undefined, () => "close goes on after its deadline");
    const { waiting, waitingForRoom, committing, running } = this.#batcher.stats();
    journal.must(waiting + waitingForRoom + committing + running === 0, () => "something is left after close");
    if (failed) journal.count("given up at close");
  }

  #checkEnd(): void {
    const { journal, clock } = this;
    journal.check();
    const { added, acknowledged, failed, left, refused } = this.#batcher.stats();
    const { log, committed } = this.#engine;
    journal.must(this.#open === 0, () => `${this.#open} callers were never told`);
    journal.must(added === acknowledged + failed + left, () => "counts do not add up");
    journal.must(log.length === committed.size, () => "something was committed twice");
    journal.must(clock.pendingCount === 0, () => `${clock.pendingCount} timers are left`);
    journal.must(refused === 0 || journal.counts.has("batch_full"), () => "a refusal was not told");
    for (const thread of this.#threads) {
      const ids = log.filter((write) => write.thread === thread).map(({ id }) => id);
      journal.must(
        ids.every((id, index) => id > (ids[index - 1] ?? -1)),
        () => `${thread} was committed out of order: ${ids}`,
      );
    }
    for (const kind of ["retries", "splits"] as const) if (this.#batcher.stats()[kind] > 0) journal.count(kind);
  }
}

/** Plays one world. Rejects at the first thing that must not be, with the seed and what led to it. */
export const playBatch = (seed: number): Promise<FlowRun> => new BatchWorld(seed).play();
