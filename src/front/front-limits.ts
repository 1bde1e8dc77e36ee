// Every bound of the front door, with what it stands for and its default. The flags of the command set the ones that
// installations differ in.

import { MillraceError } from "../base/index.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;

export const frontLimits = {
  /** Bytes of a request's head; beyond it 431. */
  headBytesMax: 32 * KIB,
  /** Bytes of a request's body; beyond it 413. */
  bodyBytesMax: 64 * MIB,
  /** Connections of clients at once; one more is answered 503. */
  connectionsMax: 8192,
  /** Bytes of a body kept for sending it again to another server. */
  replayBytesMax: 64 * KIB,
  /** Servers asked for one request. */
  triesMax: 3,
  /** A connection without a request. */
  idleMs: 75 * SECOND,
  /** From the first byte of a head to its last; then 408. */
  headMs: 10 * SECOND,
  /** Between two pieces of a body; then 408. */
  bodyMs: 30 * SECOND,
  /** To connect to an app server; then another is tried. */
  connectMs: 2 * SECOND,
  /** Until the head of an answer; then 504. Without streaming that is the whole generation. */
  answerMs: 11 * 60 * SECOND,
  /** Between two pieces of an answer; then it is cut. */
  streamMs: 6 * 60 * SECOND,
  /** A client that takes nothing of what is sent to it. */
  sendMs: 60 * SECOND,
  /** A client that goes on sending after it was refused. */
  lingerMs: 2 * SECOND,
  /** After SIGTERM, until what is open is cut. */
  shutdownMs: 25 * SECOND,
} as const;

export type FrontLimits = { readonly [Name in keyof typeof frontLimits]: number };

/** Throws `option_invalid` for a limit that bounds nothing. */
export function checkedLimits(some: Partial<FrontLimits> = {}): FrontLimits {
  const limits: FrontLimits = { ...frontLimits, ...some };
  for (const [name, value] of Object.entries(limits)) {
    const least = name === "shutdownMs" || name === "replayBytesMax" ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new MillraceError("option_invalid", `The front door's \`${name}\` must be a whole number of ${least} or more.`);
    }
  }
  return limits;
}
