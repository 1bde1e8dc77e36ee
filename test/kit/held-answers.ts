// Answers that wait until a test lets them go: an upstream whose seats are taken for as long as a test likes.

import { type Fault, type FaultUpstream, rightAnswer } from "./fault-upstream.ts";

export interface HeldAnswers {
  /** From now on nothing is held, and what is held goes. */
  releaseAll(): void;
}

/** Holds every answer of `upstream` from now on. */
export function holdAnswers(upstream: FaultUpstream): HeldAnswers {
  const held: (() => void)[] = [];
  const fault: Fault = {
    stage: "request",
    async act(wire, answer) {
      const gone = await Promise.race([new Promise<void>((resolve) => held.push(resolve)), wire.closed.then(() => "gone")]);
      if (gone !== "gone" && rightAnswer.stage === "request") await rightAnswer.act(wire, answer);
    },
  };
  upstream.behave(fault);
  return {
    releaseAll() {
      upstream.behave(rightAnswer);
      for (const go of held.splice(0)) go();
    },
  };
}
