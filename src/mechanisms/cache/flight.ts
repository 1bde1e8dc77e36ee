// One streamed load and those who read it. Chunks are kept for late joiners up to a bound; past it nobody joins any
// more, chunks that all have read are dropped, and the producer waits for the slowest reader. While every sink takes its
// chunk at once, a chunk costs one call a reader and no promise.

import { type Abortable, MillraceError } from "../../base/index.ts";
import { SharedSignal } from "./shared-signal.ts";

/** Where chunks go. A returned promise is backpressure: the next chunk waits for it. */
export interface FlightSink<Chunk> {
  write(chunk: Chunk): void | Promise<void>;
}

/** Pushes every chunk in order, then resolves. Rejects when the source fails, or with the signal's reason. */
export type FlightBody<Chunk> = (sink: FlightSink<Chunk>, signal: Abortable) => Promise<void>;

export interface FlightLimits<Chunk> {
  weigh: (chunk: Chunk) => number;
  bytesMax: number;
}

export class Flight<Chunk> implements FlightSink<Chunk> {
  readonly shared = new SharedSignal();
  readonly #limits: FlightLimits<Chunk>;
  readonly #onClose: () => void;
  readonly #readers = new Set<Reader<Chunk>>();
  #chunks: Chunk[] = [];
  #firstKept = 0;
  #keptBytes = 0;
  #open = true;
  #resume: (() => void) | undefined;
  ended = false;
  failure: unknown;

  /** @param onClose called once, when nobody can join any more: the bound is passed, the end reached, or all have left. */
  constructor(limits: FlightLimits<Chunk>, onClose: () => void) {
    this.#limits = limits;
    this.#onClose = onClose;
    this.shared.signal.addEventListener("abort", () => this.#allLeft());
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** How many chunks were written. */
  get end(): number {
    return this.#firstKept + this.#chunks.length;
  }

  /** A reader that starts at the first chunk. Only while the flight is open. */
  join(signal: Abortable): Reader<Chunk> {
    const reader = new Reader<Chunk>(this, signal);
    this.#readers.add(reader);
    return reader;
  }

  chunk(position: number): Chunk {
    return this.#chunks[position - this.#firstKept] as Chunk;
  }

  /** From the producer. Throws the signal's reason when all readers have left. */
  write(chunk: Chunk): void | Promise<void> {
    this.shared.signal.throwIfAborted();
    this.#chunks.push(chunk);
    this.#keptBytes += this.#limits.weigh(chunk);
    for (const reader of this.#readers) reader.pump();
    if (this.#keptBytes <= this.#limits.bytesMax) return;
    this.close();
    this.#dropRead();
    if (this.#keptBytes <= this.#limits.bytesMax || this.#readers.size === 0) return;
    return new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  /** From the producer, once: every chunk was written, or the source failed and `failure` says how. */
  finish(failure?: unknown): void {
    this.failure = failure;
    this.ended = true;
    this.shared.settle();
    this.close();
    for (const reader of this.#readers) reader.pump();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose();
  }

  /** From a reader that moved on or left: the producer may be waiting for it. */
  progressed(): void {
    if (!this.#resume) return;
    this.#dropRead();
    if (this.#keptBytes <= this.#limits.bytesMax) this.#goOn();
  }

  removed(reader: Reader<Chunk>): void {
    this.#readers.delete(reader);
    this.progressed();
  }

  #dropRead(): void {
    let slowest = this.end;
    for (const { position } of this.#readers) slowest = Math.min(slowest, position);
    const dropped = this.#chunks.splice(0, slowest - this.#firstKept);
    for (const chunk of dropped) this.#keptBytes -= this.#limits.weigh(chunk);
    this.#firstKept = slowest;
  }

  #goOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #allLeft(): void {
    this.close();
    this.#goOn();
    this.#chunks = [];
  }
}

/** One joiner's way through a flight. It holds its place, unread, until its body is run, it leaves or its signal aborts. */
export class Reader<Chunk> {
  readonly #flight: Flight<Chunk>;
  readonly #leaveShared: () => void;
  #sink: FlightSink<Chunk> | undefined;
  #isBusy = false;
  #isGone = false;
  #failure: { readonly reason: unknown } | undefined;
  #done: PromiseWithResolvers<void> | undefined;
  position = 0;

  constructor(flight: Flight<Chunk>, signal: Abortable) {
    this.#flight = flight;
    this.#leaveShared = flight.shared.join(signal, (reason) => this.#fail(reason));
  }

  /** Gives its place up: what comes is not for it. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#leaveShared();
    this.#flight.removed(this);
  }

  /** The body to hand out. It can be run once. */
  async run(sink: FlightSink<Chunk>, signal: Abortable): Promise<void> {
    if (this.#sink) throw new MillraceError("option_invalid", "This body was run already: join the flight again for another.");
    this.#sink = sink;
    this.#done = Promise.withResolvers<void>();
    const abort = () => this.#fail(signal.reason);
    if (this.#failure) this.#done.reject(this.#failure.reason);
    else if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    this.pump();
    try {
      await this.#done.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Writes what there is until the sink asks for a pause. */
  pump(): void {
    const sink = this.#sink;
    if (!sink || this.#isBusy || this.#isGone) return;
    try {
      while (this.position < this.#flight.end) {
        const pause = sink.write(this.#flight.chunk(this.position++));
        if (this.#isGone) return;
        if (pause) {
          this.#waitFor(pause);
          return;
        }
      }
    } catch (failure) {
      this.#fail(failure);
      return;
    }
    if (this.#flight.ended) this.#finish();
  }

  #waitFor(pause: Promise<void>): void {
    this.#isBusy = true;
    pause.then(
      () => {
        this.#isBusy = false;
        this.pump();
        this.#flight.progressed();
      },
      (failure) => this.#fail(failure),
    );
  }

  #finish(): void {
    if (this.#flight.failure !== undefined) {
      this.#fail(this.#flight.failure);
    } else {
      this.leave();
      this.#done?.resolve();
    }
  }

  /** Who never runs the body need not hear of its failure. */
  #fail(reason: unknown): void {
    if (this.#isGone) return;
    this.#failure = { reason };
    this.leave();
    this.#done?.reject(reason);
  }
}
