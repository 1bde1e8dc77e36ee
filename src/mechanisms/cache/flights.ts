// Streamed loads in flight, one a key: who asks for the same meanwhile gets the chunks so far and then the live ones,
// at its own pace. A caller that leaves cuts nobody else off; the producer is aborted when all have left.
// Keeps nothing after the end: storing a whole answer is for whoever reads it.

import { type Abortable, type Cancellation, MillraceError, orAbort } from "../../base/index.ts";
import { whole } from "./cache-options.ts";
import { Flight, type FlightBody } from "./flight.ts";
import type { ScopedKey } from "./scoped-key.ts";

/** What the producer knows before its first chunk, and how to run it; or all there is, when that came at once. */
export type FlightStart<Head, Chunk> = { head: Head; run: FlightBody<Chunk> } | { head: Head; whole: Chunk };

export type Joined<Head, Chunk> =
  /** `body` must be run, or the signal given to `join` aborted: until then the flight keeps a place for it. */
  | { kind: "leader" | "follower"; head: Head; body: FlightBody<Chunk> }
  /** The one chunk there is: nothing is to be run. */
  | { kind: "leader" | "follower"; head: Head; whole: Chunk }
  /** The producer failed before it had a head. All who joined get the same error. */
  | { kind: "failed"; error: unknown }
  /** At the limit of flights, or of joiners to this one. Nothing was started: go alone, or refuse. */
  | { kind: "full" };

export interface FlightsOptions<Chunk> {
  weigh: (chunk: Chunk) => number;
  /** What one flight keeps for late joiners and slow readers. Default 4 MiB; a single chunk may go beyond. */
  bytesMax?: number;
  /** Default 10,000. */
  flightsMax?: number;
  /** Readers of one flight at a time. Default 1,000. */
  joinersMax?: number;
}

type Start<Head, Chunk> = (signal: Cancellation) => Promise<FlightStart<Head, Chunk>>;

type Outcome<Head, Chunk> = FlightStart<Head, Chunk> | { error: unknown };

interface Running<Head, Chunk> {
  flight: Flight<Chunk>;
  started: Promise<Outcome<Head, Chunk>>;
}

export class Flights<Head, Chunk> {
  readonly #weigh: (chunk: Chunk) => number;
  readonly #bytesMax: number;
  readonly #flightsMax: number;
  readonly #joinersMax: number;
  readonly #open = new Map<ScopedKey, Running<Head, Chunk>>();
  #running = 0;

  /** Throws `option_invalid` for a limit that is not a whole number of 1 or more. */
  constructor(options: FlightsOptions<Chunk>) {
    this.#weigh = options.weigh;
    this.#bytesMax = whole("bytesMax", options.bytesMax ?? 4 * 1024 * 1024, 1);
    this.#flightsMax = whole("flightsMax", options.flightsMax ?? 10_000, 1);
    this.#joinersMax = whole("joinersMax", options.joinersMax ?? 1000, 1);
  }

  /** Producers at work, those that nobody can join any more too. */
  get running(): number {
    return this.#running;
  }

  /**
   * Joins the flight of the key, or leads a new one. `start` gets what is aborted when all have left.
   * Rejects only with the reason of `signal`.
   */
  async join(key: ScopedKey, start: Start<Head, Chunk>, signal: Abortable): Promise<Joined<Head, Chunk>> {
    signal.throwIfAborted();
    const open = this.#open.get(key);
    if (open ? open.flight.readers >= this.#joinersMax : this.#running >= this.#flightsMax) return { kind: "full" };
    const { flight, started } = open ?? this.#launch(key, start);
    const reader = flight.join(signal);
    const outcome = await orAbort(started, signal);
    const kind = open ? "follower" : "leader";
    if ("run" in outcome) return { kind, head: outcome.head, body: (sink, reading) => reader.run(sink, reading) };
    reader.leave();
    return "error" in outcome ? { kind: "failed", error: outcome.error } : { kind, head: outcome.head, whole: outcome.whole };
  }

  #launch(key: ScopedKey, start: Start<Head, Chunk>): Running<Head, Chunk> {
    const flight: Flight<Chunk> = new Flight({ weigh: this.#weigh, bytesMax: this.#bytesMax }, () => this.#open.delete(key));
    const running = { flight, started: this.#produce(flight, start) };
    this.#running++;
    this.#open.set(key, running);
    return running;
  }

  /** Resolves as soon as there is a head or an error; chunks may follow. */
  async #produce(flight: Flight<Chunk>, start: Start<Head, Chunk>): Promise<Outcome<Head, Chunk>> {
    const { signal } = flight.shared;
    try {
      await undefined; // The leader joins before anything can go wrong.
      const begun = await start(signal);
      if ("run" in begun) void this.#run(flight, begun.run);
      else this.#end(flight);
      return begun;
    } catch (error) {
      this.#end(flight, error);
      return { error };
    }
  }

  async #run(flight: Flight<Chunk>, run: FlightBody<Chunk>): Promise<void> {
    try {
      await run(flight, flight.shared.signal);
      this.#end(flight);
    } catch (error) {
      this.#end(flight, error ?? new MillraceError("upstream_cut", "The source of the stream failed without a reason."));
    }
  }

  #end(flight: Flight<Chunk>, failure?: unknown): void {
    this.#running--;
    flight.finish(failure);
  }
}
