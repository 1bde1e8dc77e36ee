// What a pool is told, checked: every number bounded, every default stated.

import { type Abortable, type Clock, MillraceError, type Random, systemClock, systemRandom } from "../../base/index.ts";

export interface PoolOptions<T> {
  /** Makes a resource. `signal` aborts after `createMsMax`, or when the pool drains. What comes after that is destroyed. */
  create: (signal: AbortSignal) => Promise<T>;
  /** Ends a resource. A failure is counted, never thrown. */
  destroy: (resource: T) => void | Promise<void>;
  /** Whether a resource that lay idle for longer than `validateAfterIdleMs` still works. Default: it does. */
  validate?: (resource: T) => boolean | Promise<boolean>;
  /** Makes a resource that was used as good as new. One that cannot be is destroyed. */
  reset?: (resource: T) => void | Promise<void>;
  /** After an error out of `use`: whether the resource is to be destroyed. Default: no. */
  isBroken?: (error: unknown) => boolean;
  /** Resources at most. */
  max: number;
  /** Resources kept although nobody asks. Default 0. */
  min?: number;
  /** Being made at once, at most. Default 4. */
  creatingMax?: number;
  /** Callers waiting at most; one more is refused with `pool_full`. Default 1,000. */
  waitersMax?: number;
  /** Of these, callers of one tenant (`acquire({ tenant })`). Default: half of `waitersMax`. */
  tenantWaitersMax?: number;
  /** How long a caller waits who names no deadline. Default 30,000. */
  waitMsMax?: number;
  /** Default 10,000. */
  createMsMax?: number;
  /** Limit on `validate`, `reset` and `destroy`, each. Default 1,000. */
  careMsMax?: number;
  /** Default 500. */
  validateAfterIdleMs?: number;
  /** Idle for longer than this a resource is destroyed, down to `min`; looked at as often, so within twice of it. Default 60,000. */
  idleMsMax?: number;
  /** From its making, give or take a tenth; then it is replaced. Default 1,800,000. */
  lifeMsMax?: number;
  /** Pause after a failed `create`, doubled with each further one, give or take a fifth. Default 500. */
  backoffMs?: number;
  /** Default 30,000. */
  backoffMsMax?: number;
  /** Failed creates in a row after which callers are refused at once while there is no resource at all. Default 3. */
  failuresMax?: number;
  /** Held for longer than this, a resource is reported as leaked, with the stack that acquired it. Default: never. */
  leakMs?: number;
  /** Told as it happens. Must not throw. */
  on?: PoolEvents;
  clock?: Clock;
  random?: Random;
}

export interface PoolEvents {
  created?: (tookMs: number) => void;
  createFailed?: (error: unknown) => void;
  destroyed?: () => void;
  destroyFailed?: (error: unknown) => void;
  leaked?: (leak: { heldMs: number; stack: string }) => void;
}

export interface AcquireOptions {
  /** Monotonic time of the pool's clock, milliseconds, at which waiting ends. Absolute, so nothing re-arms it. */
  deadlineMs?: number;
  signal?: Abortable;
  /** Whose share of the waiters this takes. */
  tenant?: string;
}

export type CheckedOptions<T> = PoolOptions<T> &
  Required<Omit<PoolOptions<T>, "validate" | "reset" | "leakMs" | "on">> & { on: PoolEvents };

/** Throws `option_invalid` for a number that bounds nothing, and for `min` over `max`. */
export function checkedOptions<T>(options: PoolOptions<T>): CheckedOptions<T> {
  const waitersMax = options.waitersMax ?? 1000;
  const checked = {
    isBroken: () => false,
    min: 0,
    creatingMax: 4,
    tenantWaitersMax: Math.max(1, Math.floor(waitersMax / 2)),
    waitMsMax: 30_000,
    createMsMax: 10_000,
    careMsMax: 1000,
    validateAfterIdleMs: 500,
    idleMsMax: 60_000,
    lifeMsMax: 1_800_000,
    backoffMs: 500,
    backoffMsMax: 30_000,
    failuresMax: 3,
    on: {},
    clock: systemClock,
    random: systemRandom,
    ...options,
    waitersMax,
  };
  for (const name of ["max", "creatingMax", "waitersMax", "tenantWaitersMax", "failuresMax"] as const) {
    if (!Number.isSafeInteger(checked[name]) || checked[name] < 1) throw invalid(`\`${name}\` is a whole number of 1 or more.`);
  }
  if (!Number.isSafeInteger(checked.min) || checked.min < 0 || checked.min > checked.max) {
    throw invalid("`min` is a whole number from 0 to `max`.");
  }
  for (const name of TIMES) {
    const ms = checked[name];
    if (ms !== undefined && !(Number.isFinite(ms) && ms > 0))
      throw invalid(`\`${name}\` is a finite number of milliseconds over 0.`);
  }
  return checked;
}

const TIMES = [
  "waitMsMax",
  "createMsMax",
  "careMsMax",
  "validateAfterIdleMs",
  "idleMsMax",
  "lifeMsMax",
  "backoffMs",
  "backoffMsMax",
  "leakMs",
] as const;

const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `A pool's ${what}`);
