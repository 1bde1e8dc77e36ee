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
  /** An answer from cache, or from an identical call in flight. */
  readonly recall: Step;
  /** One list of models out of many. */
  readonly listModels: Step;
  /** Which upstream. */
  readonly route: Step;
  /** The upstream's answer. */
  readonly call: Handle;
}

export const pipeline = ({ record, identify, read, sustain, deadline, recall, listModels, route, call }: Steps): Handle =>
  record(identify(read(sustain(deadline(recall(listModels(route(call))))))));
