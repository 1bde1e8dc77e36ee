// Measures how late scheduled work runs: what every waiting caller waits on top, while the thread is busy elsewhere.
// A tick that is late by several periods counts once, so a long block weighs as one value of its length.

import { type Cancel, type Clock, MillraceError } from "../../base/index.ts";

const PERIOD_MS = 20;

export interface EventLoopDelayOptions {
  clock: Clock;
  /** Called once a period with the delay in seconds, 0 when on time. */
  record: (seconds: number) => void;
  /** Default 20. */
  periodMs?: number;
}

/** Samples until cancelled. The pending tick does not keep the process alive. */
export function sampleEventLoopDelay({ clock, record, periodMs = PERIOD_MS }: EventLoopDelayOptions): Cancel {
  if (!(periodMs >= 1 && Number.isFinite(periodMs))) {
    throw new MillraceError("option_invalid", "The event loop's delay needs periodMs: at least 1.");
  }
  let cancelled = false;
  let cancel: Cancel;
  const next = () => {
    const dueMs = clock.monotonic() + periodMs;
    cancel = clock.schedule(periodMs, () => {
      record(Math.max(0, clock.monotonic() - dueMs) / 1000);
      if (!cancelled) next();
    });
  };
  next();
  return () => {
    cancelled = true;
    cancel();
  };
}
