// The pace of an answer: when each piece of it may leave. Frames are made one at a time as the reader asks for them,
// so a slow reader holds the model back and a reader that left leaves no timer. With nothing to wait for, no timer is set.

import { type Cancel, type Clock, MillraceError, utf8 } from "../../base/index.ts";

export interface Pace {
  /** Milliseconds from the request to the first piece of content. */
  readonly firstTokenMs: number;
  /** 0 sets no limit. */
  readonly tokensPerSecond: number;
  /** Tokens in one event of a stream. */
  readonly chunkTokens: number;
}

/** About what a large hosted model does. */
export const PACE_DEFAULT: Pace = { firstTokenMs: 400, tokensPerSecond: 60, chunkTokens: 2 };
const PACE_UNPACED: Pace = { firstTokenMs: 0, tokensPerSecond: 0, chunkTokens: 4 };
const FIRST_TOKEN_MS_MAX = 600_000;
const CHUNK_TOKENS_MAX = 100_000;

/** Throws `option_invalid` for a pace that cannot be kept. 0 is as fast as possible. */
export function readPace(given: Partial<Pace> | 0 | undefined): Pace {
  if (given === 0) return PACE_UNPACED;
  const pace = { ...PACE_DEFAULT, ...given };
  const good =
    pace.firstTokenMs >= 0 &&
    pace.firstTokenMs <= FIRST_TOKEN_MS_MAX &&
    pace.tokensPerSecond >= 0 &&
    Number.isFinite(pace.tokensPerSecond) &&
    Number.isInteger(pace.chunkTokens) &&
    pace.chunkTokens >= 1 &&
    pace.chunkTokens <= CHUNK_TOKENS_MAX;
  if (good) return pace;
  throw new MillraceError(
    "option_invalid",
    `The scripted model's pace needs firstTokenMs from 0 to ${FIRST_TOKEN_MS_MAX}, tokensPerSecond of 0 or more and a whole chunkTokens from 1 to ${CHUNK_TOKENS_MAX}.`,
  );
}

/** The same pace with a fixed wait before every piece. */
export const evenPace = (pace: Pace, ms: number): Pace => ({
  firstTokenMs: ms,
  tokensPerSecond: ms === 0 ? 0 : (pace.chunkTokens * 1000) / ms,
  chunkTokens: pace.chunkTokens,
});

/** Milliseconds after the request at which the piece that follows `tokens` tokens is due. */
export const dueMs = (pace: Pace, tokens: number): number =>
  pace.firstTokenMs + (pace.tokensPerSecond === 0 ? 0 : (tokens * 1000) / pace.tokensPerSecond);

/** One write to the reader. Frames without tokens are structure and leave at once. */
export interface Frame {
  readonly text: string;
  readonly tokens: number;
}

/** A frame that never comes: the stream stays open and silent until the reader leaves. */
export const SILENCE: Frame = { text: "", tokens: 0 };

export interface Timing {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** The frames as a body. Errors with the signal's reason when it aborts, and with whatever the frames throw. */
export function pacedBody(frames: Iterable<Frame>, { clock, pace, signal }: Timing): ReadableStream<Uint8Array> {
  const iterator = frames[Symbol.iterator]();
  const startedAt = clock.monotonic();
  let tokens = 0;
  let cancelTimer: Cancel | undefined;
  let leave = (): void => {};
  const stop = (): void => {
    cancelTimer?.();
    signal.removeEventListener("abort", leave);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        leave = () => {
          stop();
          controller.error(signal.reason);
        };
        if (signal.aborted) leave();
        else signal.addEventListener("abort", leave, { once: true });
      },
      pull(controller) {
        let next: IteratorResult<Frame>;
        try {
          next = iterator.next();
        } catch (error) {
          stop();
          controller.error(error);
          return;
        }
        if (next.done) {
          stop();
          controller.close();
          return;
        }
        const frame = next.value;
        if (frame === SILENCE) return new Promise<void>(() => {});
        const waitMs = frame.tokens === 0 ? 0 : startedAt + dueMs(pace, tokens) - clock.monotonic();
        tokens += frame.tokens;
        if (waitMs <= 0) {
          controller.enqueue(utf8(frame.text));
          return;
        }
        return new Promise<void>((resolve) => {
          cancelTimer = clock.schedule(waitMs, () => {
            controller.enqueue(utf8(frame.text));
            resolve();
          });
        });
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
}
