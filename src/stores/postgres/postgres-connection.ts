// A bounded number of connections to one PostgreSQL, made when needed and made again after they broke. The one used last
// is used first: its statements are prepared, its session's caches are warm, and its window of TCP has opened. (Taking turns,
// a thread of 100 messages waited 20 ms at times: the answer was larger than the window of a connection seldom used.)
// Invariants: no call waits longer than its limit, whether for a free connection, for another's lock or for a server that
// does not answer; a connection whose answer did not come in time is closed, not used again; nothing is sent twice, but
// a transaction that met another one (deadlock, a key just taken). Knows no tables.

import { SQL } from "bun";
import { type Clock, MillraceError } from "../../base/index.ts";
import { Pool } from "../../mechanisms/pool/index.ts";

const PROTOCOLS = ["postgres:", "postgresql:"];
/** What a server may take to say that its own limit was reached, before we stop listening. */
const GRACE_MS = 1000;
const ATTEMPTS_MAX = 5;
/** Deadlock, serialization; and a key that was free when the transaction looked. */
const WORTH_ANOTHER = ["40P01", "40001", "23505"];

export interface PostgresConnectionOptions {
  /** postgres:// or postgresql:// with user, password and database. */
  url: string;
  clock: Clock;
  /** All tables are in this schema of the database; letters, digits and "_". */
  schema: string;
  connectionsMax: number;
  connectTimeoutMs: number;
  /** How long a call may take, with the wait for a connection. */
  statementTimeoutMs: number;
  /** How many calls may be under way or wait; more are refused at once. */
  callsMax: number;
  /** Parameters of PostgreSQL for these connections. */
  settings: Readonly<Record<string, string | number | boolean>>;
}

export type Parameter =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null | Uint8Array)[];

/** Sends one statement. Statements that are sent without waiting for each other run in their order. */
export type Run = <Row = Record<string, unknown>>(text: string, parameters?: readonly Parameter[]) => Promise<Answer<Row>>;
export type Answer<Row> = readonly Row[] & { readonly affectedRows: number; readonly command: string | null };

/** PostgreSQL refuses what it was given, and would again. */
export class RefusedData extends Error {
  readonly state: string;

  constructor(state: string, cause: unknown) {
    super(`PostgreSQL refused the data (${state})`, { cause });
    this.state = state;
  }
}

/** Thrown in a transaction that began from something that is so no more: it is undone, and done again. */
export class OutOfDate extends Error {}

export class PostgresConnection {
  readonly #options: PostgresConnectionOptions;
  readonly #pool: Pool<SQL>;
  readonly #calls = new Set<AbortController>();

  constructor(options: PostgresConnectionOptions) {
    for (const name of ["connectionsMax", "connectTimeoutMs", "statementTimeoutMs", "callsMax"] as const) {
      if (Number.isSafeInteger(options[name]) && options[name] >= 1) continue;
      throw new MillraceError("option_invalid", `The PostgreSQL store needs ${name}: a whole number of at least 1.`);
    }
    // The address may hold a password, so it is in no message.
    if (!PROTOCOLS.includes(URL.parse(options.url)?.protocol ?? "")) {
      throw new MillraceError("option_invalid", "The PostgreSQL store needs a URL that begins with postgres:// or postgresql://");
    }
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(options.schema)) {
      throw new MillraceError(
        "option_invalid",
        'The PostgreSQL store needs a schema: small letters, digits and "_", at most 63.',
      );
    }
    this.#options = options;
    this.#pool = new Pool({
      create: async () => clientOf(options),
      destroy: (client) => client.close({ timeout: 0 }),
      isBroken: (error) => !isAnswer(error),
      max: options.connectionsMax,
      waitersMax: options.callsMax,
      tenantWaitersMax: options.callsMax,
      clock: options.clock,
    });
  }

  /** One statement, and so one moment of the database. */
  query<Row>(text: string, parameters: readonly Parameter[] = []): Promise<Answer<Row>> {
    return this.#borrow(this.#options.statementTimeoutMs, (run) => run<Row>(text, parameters));
  }

  /**
   * `work` in a transaction, which ends with what it resolves to. What PostgreSQL gives up, or is OutOfDate, is begun anew:
   * `work` is told the how many-th time it is, from 1 on.
   * @param limitMs for all of it, in place of statementTimeoutMs
   */
  async transaction<T>(work: (run: Run, attempt: number) => Promise<T>, limitMs = this.#options.statementTimeoutMs): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#borrow(limitMs, (run) => transact(run, () => work(run, attempt)));
      } catch (error) {
        if (!isWorthAnother(error)) throw error;
        if (attempt >= ATTEMPTS_MAX) throw unavailable("PostgreSQL gave the transaction up again and again", error);
      }
    }
  }

  async close(): Promise<void> {
    const drained = this.#pool.drain();
    for (const call of this.#calls) call.abort(closed());
    await drained;
  }

  async #borrow<T>(limitMs: number, use: (run: Run) => Promise<T>): Promise<T> {
    const { clock, callsMax } = this.#options;
    if (this.#calls.size >= callsMax) throw unavailable("Too many calls wait for PostgreSQL; this one was not sent");
    const late = new AbortController();
    this.#calls.add(late);
    const isLate = Promise.withResolvers<never>();
    isLate.promise.catch(() => {}); // Whoever still waits is told below.
    late.signal.addEventListener("abort", () => isLate.reject(late.signal.reason), { once: true });
    const cancel = clock.schedule(limitMs + GRACE_MS, () => late.abort(tooLate(limitMs)));
    const work = async (client: SQL) => {
      const connection = await Promise.race([client.reserve({ signal: late.signal }), isLate.promise]);
      const run: Run = (text, parameters = []) => connection.unsafe(text, [...parameters]);
      try {
        return await Promise.race([use(run), isLate.promise]);
      } finally {
        void connection.release().catch(() => {});
      }
    };
    try {
      return await this.#pool.use(work, { signal: late.signal, deadlineMs: clock.monotonic() + limitMs + 2 * GRACE_MS });
    } catch (error) {
      throw asOurs(error);
    } finally {
      cancel();
      this.#calls.delete(late);
    }
  }
}

/** For one connection, made when it is first needed and anew when it was lost. */
function clientOf(options: PostgresConnectionOptions): SQL {
  return new SQL(options.url, {
    max: 1,
    connectionTimeout: Math.max(1, Math.ceil(options.connectTimeoutMs / 1000)),
    connection: {
      application_name: "millrace",
      search_path: options.schema,
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs + GRACE_MS,
      // Plans are made once: the statements look rows up by their keys, whatever the values.
      plan_cache_mode: "force_generic_plan",
      enable_seqscan: false,
      jit: false,
      ...options.settings,
    },
  });
}

async function transact<T>(run: Run, work: () => Promise<T>): Promise<T> {
  await run("BEGIN");
  try {
    const result = await work();
    const { command } = await run("COMMIT");
    if (command !== "COMMIT") throw unavailable("PostgreSQL undid the transaction");
    return result;
  } catch (error) {
    await run("ROLLBACK").catch(() => {}); // Of a lost connection nothing is left to undo.
    throw error;
  }
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof OutOfDate) return true;
  const state = MillraceError.is(error) ? stateOf(error.cause) : undefined;
  return state !== undefined && WORTH_ANOTHER.includes(state);
}

function stateOf(error: unknown): string | undefined {
  return error instanceof SQL.PostgresError ? error.errno : undefined;
}

/** True for what a server says that goes on; after anything else a connection may be in the middle of something. */
function isAnswer(error: unknown): boolean {
  return error instanceof OutOfDate || stateOf(MillraceError.is(error) ? error.cause : error) !== undefined;
}

function asOurs(error: unknown): unknown {
  if (MillraceError.is(error)) return error.code === "shutting_down" ? closed() : error;
  if (error instanceof OutOfDate) return error;
  const state = stateOf(error);
  // 22: data, 23: constraints, 54: sizes. What they say may hold the data, so that only the state is told on.
  const isData = state !== undefined && /^(?:22|23|54)/.test(state) && !WORTH_ANOTHER.includes(state);
  if (isData) return new RefusedData(state, error);
  const reason = state ?? (error instanceof SQL.PostgresError ? error.code : "unknown");
  return unavailable(`PostgreSQL refused or lost the statement (${reason})`, error);
}

function closed(): MillraceError {
  return unavailable("The PostgreSQL store is closed");
}

function tooLate(limitMs: number): MillraceError {
  return unavailable(`PostgreSQL did not answer within ${limitMs + GRACE_MS} ms`);
}

function unavailable(message: string, cause?: unknown): MillraceError {
  return new MillraceError("store_unavailable", `${message}.`, { cause });
}
