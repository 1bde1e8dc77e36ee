// Time as an argument. Production passes `systemClock`; tests and the simulator pass a `VirtualClock`.
// Nothing outside this room and the shells reads the time by itself.

import type { Abortable } from "./cancellation.ts";

/** Stops a scheduled call; calling it again, or after the call ran, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. May step backwards: use it for stamps, never for durations. */
  now(): number;
  /** Milliseconds since an arbitrary start, with fractions. Never steps backwards. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: Abortable): Promise<void>;
  /** Calls `run` once after `ms`. A pending call never keeps the process alive. */
  schedule(ms: number, run: () => void): Cancel;
}

export function sleepOn(schedule: Clock["schedule"], ms: number, signal?: Abortable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const leave = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = schedule(ms, () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    });
    signal?.addEventListener("abort", leave, { once: true });
  });
}

function scheduleOnSystem(ms: number, run: () => void): Cancel {
  const timer: unknown = setTimeout(run, ms);
  // Bun and Node return an object that can let the process end; workers and browsers return a number.
  if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
  return () => clearTimeout(timer as number);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: scheduleOnSystem,
  sleep: (ms, signal) => sleepOn(scheduleOnSystem, ms, signal),
};
