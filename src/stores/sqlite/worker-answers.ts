// The other end of worker-calls.ts, inside the worker: runs one call after the other and answers each.

import { MillraceError } from "../../base/index.ts";
import { JsonText } from "./json-text.ts";
import type { Answer, Call, Methods } from "./worker-calls.ts";

/** Never returns a call without an answer. */
export function answerCalls(methods: Methods): void {
  addEventListener("message", ({ data }: MessageEvent<Call>) => {
    try {
      postMessage(answerTo(methods, data));
    } catch (error) {
      postMessage(failed(data.id, error)); // What was read is too deep to be copied.
    }
  });
}

function answerTo(methods: Methods, { id, method, args }: Call): Answer {
  try {
    const run = methods[method] as ((...args: readonly unknown[]) => unknown) | undefined;
    const result = run?.(...args);
    return result instanceof JsonText ? { id, json: result.text } : { id, result };
  } catch (error) {
    if (MillraceError.is(error)) return { id, code: error.code, message: error.message };
    return failed(id, error);
  }
}

const failed = (id: number, error: unknown): Answer => ({
  id,
  code: "store_unavailable",
  message: `The SQLite store failed: ${error instanceof Error ? error.message : error}.`,
});
