// The worker that alone writes threads. It waits for the disk, so that nobody else does.

import { type Clock, systemClock } from "../../base/index.ts";
import type { ThreadWrite } from "../../ports/index.ts";
import { ThreadWriting } from "./thread-writing.ts";
import { answerCalls } from "./worker-answers.ts";
import { yieldToMain } from "./yield-to-main.ts";

yieldToMain(15);

function writerMethods(clock: Clock) {
  let writing: ThreadWriting | undefined;
  return {
    open(path: string, busyMsMax: number): void {
      writing = new ThreadWriting(path, busyMsMax, clock);
    },
    write: (writes: readonly ThreadWrite[]) => writing?.write(writes) ?? [],
    close: () => writing?.close(),
  };
}

export type WriterMethods = ReturnType<typeof writerMethods>;

answerCalls(writerMethods(systemClock));
