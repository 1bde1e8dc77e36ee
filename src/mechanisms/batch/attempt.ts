// One call of the commit, with its limit in time. When it passes the commit is asked to stop, and given a moment to do so, so that it does
// not meet the next one; what it says by then is believed. It always ends: a commit that does not is left to itself.

import { type Abortable, Cancellation, MillraceError } from "../../base/index.ts";
import type { CheckedOptions } from "./batch-options.ts";

export interface Failure {
  readonly error: unknown;
  /** The commit did not say: its items may have been committed. */
  readonly isUnknown: boolean;
}

export type Attempted<Result> = { readonly results: readonly Result[] } | Failure;

/** @param ends aborts when no commit is waited for any more. Not aborted yet. */
export function attempt<Item, Result>(
  { commit, clock, commitMsMax, abortMsMax }: CheckedOptions<Item, Result>,
  items: readonly Item[],
  ends: Abortable,
): Promise<Attempted<Result>> {
  return new Promise((resolve) => {
    const signal = new Cancellation();
    let stopped: Failure | undefined;
    const end = (attempted: Attempted<Result>) => {
      cancel();
      ends.removeEventListener("abort", cut);
      resolve(attempted);
    };
    const stop = (failure: Failure) => {
      stopped = failure;
      signal.abort(failure.error);
    };
    const cut = () => {
      const failure = unknown("The batcher was closed while the commit ran.");
      end(failure);
      stop(failure);
    };
    let cancel = clock.schedule(commitMsMax, () => {
      const failure = unknown(`The commit did not end within ${commitMsMax} ms.`);
      cancel = clock.schedule(abortMsMax, () => end(failure));
      stop(failure);
    });
    ends.addEventListener("abort", cut);
    Promise.try(commit, items, signal).then(
      (results) => end(hasAll(results, items.length) ? { results } : unknown("The commit gave no result for each of its items.")),
      (error: unknown) => end(stopped ?? { error, isUnknown: false }),
    );
  });
}

const hasAll = (results: unknown, count: number): boolean => Array.isArray(results) && results.length === count;

const unknown = (why: string): Failure => ({
  error: new MillraceError("batch_unknown", `${why} Whether the items were committed is not known.`),
  isUnknown: true,
});
