// Streams as the gateway moves them: pushed, so that any number of readers along the way cost one function call a chunk.

import type { Abortable } from "../base/index.ts";

/** Where a stream goes. A returned promise is backpressure: the writer waits for it before the next chunk. */
export interface Sink {
  write(chunk: Uint8Array): void | Promise<void>;
}

/**
 * A streamed body. Pushes every chunk in order, then resolves. Rejects with a MillraceError when the source fails,
 * or with the signal's reason when the reader left; chunks pushed so far stay valid.
 */
export type StreamBody = (sink: Sink, signal: Abortable) => Promise<void>;
