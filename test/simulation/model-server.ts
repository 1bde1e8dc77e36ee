// A model server with so many seats, as its clients see it: connections that take time to make, a short backlog, 429 beyond
// it, and every trouble that the fault schedule can put it in. It checks from its side what clients may not do: two calls on
// one connection, more connections than agreed, one closed twice, a call that only another server can continue.

import type { Abortable, Cancel, Random, VirtualClock } from "../../src/base/index.ts";
import { between, happens } from "./chance.ts";
import { type Journal, ROUNDING_MS } from "./journal.ts";

export type Trouble = "pushes back" | "fails" | "hangs" | "is slow" | "is dead" | "makes no connections";

export interface Connection {
  readonly server: ModelServer;
  /** The pool that it belongs to. */
  readonly owner: string;
  isBusy: boolean;
  /** When the server closed it. */
  brokenAtMs: number;
  /** An answer on it was not read to its end. */
  isSpoiled: boolean;
}

/** One call as the server sees it. */
export interface Work {
  readonly tokens: number;
  readonly deadlineMs: number;
  /** The only server that can continue it. */
  readonly pinned: string | undefined;
}

export type Answer =
  | { readonly kind: "answered"; readonly firstTokenMs: number }
  | { readonly kind: "pushed back"; readonly retryAfterMs: number | undefined };

/** The server's fault, or the network's. */
export class Failure extends Error {}
/** The caller's deadline passed. */
export class Late extends Error {}

export const MS_PER_TOKEN = 1.5;
const BACKLOG = 4;
const SLOWER = 4;
/** A client gives up on a server that says nothing. */
const SILENCE_MS_MAX = 3000;
const HANDSHAKE_MS_MAX = 80;

interface Running {
  /** Frees the seat or the place in the backlog, and settles. */
  end(settle: () => void): void;
  fail(reason: Error): void;
  begin(): void;
}

export interface ModelServerOptions {
  readonly name: string;
  readonly seats: number;
  readonly connectionsMax: number;
  /** What lay idle for longer is checked before use. */
  readonly uncheckedMsMax: number;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly journal: Journal;
}

export class ModelServer {
  readonly name: string;
  readonly seats: number;
  readonly #options: ModelServerOptions;
  readonly #troubles = new Map<Trouble, number>();
  readonly #connections = new Set<Connection>();
  readonly #running = new Set<Running>();
  readonly #backlog = new Set<Running>();

  constructor(options: ModelServerOptions) {
    this.name = options.name;
    this.seats = options.seats;
    this.#options = options;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get underWay(): number {
    return this.#running.size + this.#backlog.size;
  }

  has(trouble: Trouble): boolean {
    return (this.#troubles.get(trouble) ?? 0) > 0;
  }

  begin(trouble: Trouble): void {
    this.#troubles.set(trouble, (this.#troubles.get(trouble) ?? 0) + 1);
    if (trouble !== "is dead") return;
    this.#options.journal.note("died", `${this.name} with ${this.underWay} calls`);
    for (const connection of this.#connections) connection.brokenAtMs = this.#options.clock.monotonic();
    for (const one of [...this.#backlog, ...this.#running]) one.fail(new Failure("reset"));
  }

  end(trouble: Trouble): void {
    this.#troubles.set(trouble, (this.#troubles.get(trouble) ?? 0) - 1);
  }

  /** @param signal some heed it, and some come all the same. */
  async connect(owner: string, signal: Abortable): Promise<Connection> {
    const { clock, random } = this.#options;
    const heeded = happens(random, 0.7) ? signal : undefined;
    if (this.has("is dead")) throw new Failure("connection refused");
    const isStuck = this.has("hangs") && happens(random, 0.5);
    await clock.sleep(between(random, 5, HANDSHAKE_MS_MAX) + (isStuck ? 2 * SILENCE_MS_MAX : 0), heeded);
    if (this.has("is dead") || (this.has("makes no connections") && happens(random, 0.7))) throw new Failure("no handshake");
    const connection: Connection = {
      ...{ server: this, owner, isBusy: false, isSpoiled: false },
      brokenAtMs: Number.POSITIVE_INFINITY,
    };
    this.#connections.add(connection);
    return connection;
  }

  close(connection: Connection): void {
    this.#options.journal.must(this.#connections.delete(connection), () => `a connection to ${this.name} was closed twice`);
    this.#options.journal.must(!connection.isBusy, () => `a connection to ${this.name} was closed while in use`);
  }

  /** Between two events, when all that was to be closed at once has been. */
  checkConnections(): void {
    const { journal, connectionsMax } = this.#options;
    const owned = new Map<string, number>();
    for (const { owner } of this.#connections) owned.set(owner, (owned.get(owner) ?? 0) + 1);
    for (const [owner, count] of owned) {
      journal.must(count <= connectionsMax, () => `${owner} has ${count} connections, and ${connectionsMax} are its maximum`);
    }
  }

  answer(connection: Connection, work: Work, signal: Abortable): Promise<Answer> {
    const { journal, clock, random } = this.#options;
    this.#mustBeFit(connection, this.#connections.has(connection));
    journal.must((work.pinned ?? this.name) === this.name, () => `${this.name} got a call that only ${work.pinned} can continue`);
    if (connection.brokenAtMs <= clock.monotonic()) return Promise.reject(new Failure("reset"));
    connection.isBusy = true;
    return new Promise<Answer>((resolve, reject) => {
      let cancel: Cancel = () => {};
      const fail = (reason: unknown) => {
        connection.isSpoiled = true;
        running.end(() => reject(reason));
      };
      const leave = () => fail(signal.reason);
      const late = clock.schedule(work.deadlineMs - clock.monotonic(), () => fail(new Late("late")));
      const askedMs = clock.monotonic();
      const running: Running = {
        end: (settle) => {
          cancel();
          late();
          signal.removeEventListener("abort", leave);
          connection.isBusy = false;
          this.#backlog.delete(running);
          if (this.#running.delete(running)) this.#next();
          settle();
        },
        fail,
        begin: () => {
          this.#running.add(running);
          cancel = this.#serve(work, askedMs, (answer) => running.end(() => resolve(answer)), fail);
        },
      };
      signal.addEventListener("abort", leave);
      const { isFull } = this;
      if (this.has("pushes back") || isFull) {
        const retryAfterMs = happens(random, 0.5) ? between(random, 0, 3000) : undefined;
        cancel = clock.schedule(5, () => running.end(() => resolve({ kind: "pushed back", retryAfterMs })));
      } else if (this.#running.size < this.seats) running.begin();
      else this.#backlog.add(running);
    });
  }

  #mustBeFit({ server, isBusy, isSpoiled, brokenAtMs }: Connection, isOpen: boolean): void {
    const { journal, clock, uncheckedMsMax } = this.#options;
    journal.must(
      server === this && !isBusy && isOpen,
      () => `a connection to ${this.name} is in two hands, or closed, or another's`,
    );
    journal.must(!isSpoiled, () => `a connection to ${this.name} is used again, though an answer on it broke off`);
    const isChecked = clock.monotonic() - brokenAtMs <= uncheckedMsMax + ROUNDING_MS;
    journal.must(isChecked, () => `a connection that ${this.name} closed at ${brokenAtMs} is used without a check`);
  }

  get isFull(): boolean {
    return this.#running.size >= this.seats && this.#backlog.size >= BACKLOG;
  }

  #serve(work: Work, askedMs: number, answer: (answer: Answer) => void, fail: (reason: unknown) => void): Cancel {
    const { clock, random } = this.#options;
    if (this.has("hangs")) return clock.schedule(SILENCE_MS_MAX, () => fail(new Failure("silence")));
    if (this.has("fails") && happens(random, 0.8)) return clock.schedule(between(random, 5, 50), () => fail(new Failure("500")));
    const slowness = this.has("is slow") ? SLOWER : 1;
    const readingMs = slowness * between(random, 20, 60);
    const firstTokenMs = clock.monotonic() - askedMs + readingMs;
    const ms = readingMs + slowness * work.tokens * MS_PER_TOKEN;
    return clock.schedule(ms, () => answer({ kind: "answered", firstTokenMs }));
  }

  #next(): void {
    const [first] = this.#backlog;
    if (!first || this.#running.size >= this.seats) return;
    this.#backlog.delete(first);
    first.begin();
  }
}
