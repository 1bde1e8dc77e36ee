// Leaving work early without leaking a listener.

import type { Abortable } from "./cancellation.ts";

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. `work` itself goes on. */
export function orAbort<T>(work: T | Promise<T>, signal: Abortable): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (!(work instanceof Promise)) return Promise.resolve(work);
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const settled = () => signal.removeEventListener("abort", leave);
    work.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}
