// Server-sent events (WHATWG HTML, section 9.2) out of what a handler gives, at the pace of who reads them. Silence is filled with comments, so
// that nothing on the way takes the connection for dead. Ends when the reader leaves, and breaks off when its source fails: the reader
// comes back with `Last-Event-ID`.

import { type Cancel, type Clock, utf8 } from "../../base/index.ts";

/** One server-sent event. `kind` becomes its name. */
export interface ApiEvent {
  readonly id?: string;
  readonly data: { readonly kind: string };
}

export interface EventStreamOptions {
  readonly clock: Clock;
  readonly keepAliveMs: number;
  readonly report: (error: unknown) => void;
}

const COMMENT = utf8(": keep-alive\n\n");
const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no" };

/** @param ends aborted when there is no more to read, or nobody who reads. */
export function eventStream(
  events: AsyncIterable<ApiEvent>,
  ends: AbortController,
  { clock, keepAliveMs, report }: EventStreamOptions,
): Response {
  const reader = events[Symbol.asyncIterator]();
  let cancel: Cancel = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // The first bytes say that it is open: what there is to tell may come late.
      controller.enqueue(COMMENT);
      const again = () => {
        cancel = clock.schedule(keepAliveMs, () => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(COMMENT);
          again();
        });
      };
      again();
    },
    async pull(controller) {
      try {
        const { value, done } = await reader.next();
        if (!done) {
          controller.enqueue(utf8(textOf(value)));
          return;
        }
        cancel();
        ends.abort();
        controller.close();
      } catch (error) {
        cancel();
        ends.abort();
        report(error);
        controller.error(error);
      }
    },
    async cancel() {
      cancel();
      ends.abort();
      await reader.return?.();
    },
  });
  return new Response(body, { headers: HEADERS });
}

const textOf = ({ id, data }: ApiEvent): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${data.kind}\ndata: ${JSON.stringify(data)}\n\n`;
