// The events of a whole, stored answer. Strict, because an answer that is not whole must not pass for one: what
// follows the last blank line is no event. For a live stream use event-watch.ts, which keeps nothing.

import { eventData, SseScanner } from "../sse-scanner.ts";

const SLICE_BYTES = 4096;

/** The data of every event that has data, in order. */
export function framesOf(bytes: Uint8Array): string[] {
  const frames: string[] = [];
  // An event cannot be longer than the answer, so none is skipped.
  new SseScanner((event) => collect(frames, event), bytes.length + 1).push(bytes);
  return frames;
}

/** What `pick` finds in the first event where it finds something. Reads no further than a slice beyond that. */
export function firstInFrames<T>(bytes: Uint8Array, pick: (data: string) => T | undefined): T | undefined {
  const frames: string[] = [];
  const scanner = new SseScanner((event) => collect(frames, event), bytes.length + 1);
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    scanner.push(bytes.subarray(start, start + SLICE_BYTES));
    for (const data of frames.splice(0)) {
      const found = pick(data);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function collect(frames: string[], event: Uint8Array): void {
  const data = eventData(event);
  if (data !== "") frames.push(data);
}
