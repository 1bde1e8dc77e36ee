// Work with a limit in time. The work itself goes on when the limit passes: whoever starts it says what becomes of it.

import type { Clock } from "../../base/index.ts";

/** Settles as the work does, or rejects with `late()` after `ms`. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => reject(late()));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
