// The end of an answer: what a step took for a call is given back once, when its last byte went out, when it broke off,
// or when its client left without ever reading it.

import { type Abortable, MillraceError } from "../base/index.ts";
import type { Answer } from "./exchange.ts";

/**
 * @param signal of the call: aborts when the client leaves
 * @param finish called exactly once; with an error unless the answer went out whole. Must not throw.
 */
export function atEnd(answer: Answer, signal: Abortable, finish: (error?: unknown) => void): Answer {
  const { body } = answer;
  if (body instanceof Uint8Array) {
    finish();
    return answer;
  }
  let isOver = false;
  const end = (error?: unknown) => {
    if (isOver) return;
    isOver = true;
    finish(error);
  };
  const leave = () => end(signal.reason ?? new MillraceError("caller_left", "The caller left."));
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return {
    ...answer,
    async body(sink, readerSignal) {
      // From here on the stream itself says how it ended.
      signal.removeEventListener("abort", leave);
      try {
        await body(sink, readerSignal);
      } catch (error) {
        end(error);
        throw error;
      }
      end();
    },
  };
}
