// The order of the steps of a model call. No logic lives here.

import type { Handle, Step } from "./exchange.ts";

export interface Steps {
  /** Writes down what became of the call. */
  readonly record: Step;
  /** Who is calling. */
  readonly identify: Step;
  /** What the call asks for. */
  readonly read: Step;
  /** Keeps a waiting client's stream alive. */
  readonly sustain: Step;
  /** The time that the client allows. */
  readonly deadline: Step;
  /** What passes, to whoever takes it down. */
  readonly tell: Step;
  /** An answer from cache, or from an identical call in flight. */
  readonly recall: Step;
  /** One list of models out of many. */
  readonly listModels: Step;
  /** What it is expected to take, and how it ranks. */
  readonly weigh: Step;
  /** Within the caller's quotas. */
  readonly budget: Step;
  /** Which upstream; another when it fails. */
  readonly route: Step;
  /** The line before that upstream. */
  readonly admit: Step;
  /** The upstream's answer. */
  readonly call: Handle;
}

export const pipeline = (steps: Steps): Handle => {
  const { record, identify, read, sustain, deadline, tell, recall, listModels, weigh, budget, route, admit, call } = steps;
  return record(identify(read(sustain(deadline(tell(recall(listModels(weigh(budget(route(admit(call))))))))))));
};
