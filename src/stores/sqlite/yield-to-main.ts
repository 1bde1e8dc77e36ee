// A worker that lets the thread go first which serves callers, where both want the same core.

import { setPriority } from "node:os";

/**
 * On Linux priorities are a thread's own (setpriority(2)); elsewhere this does nothing, since there it would slow the whole process.
 * @param nice 1 to 19: how much the others go first.
 */
export function yieldToMain(nice: number): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(nice);
  } catch {
    // Not allowed here: then all are alike.
  }
}
