// The scripted model behind a real socket on loopback: an upstream for tests of whole systems. Records every request as
// it arrived and what became of its answer. Changes nothing on the way.

import { type Clock, systemClock } from "../../src/base/index.ts";
import { type ScriptedModelOptions, scriptedModel } from "../../src/gateway/index.ts";

/** How an answer ended: all sent, the client left, or the model broke it off. */
export type Ending = "finished" | "aborted" | "failed";

export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: Headers;
  /** Byte for byte. */
  readonly body: Uint8Array;
  /** Clock.monotonic() when the client left before the answer was complete; undefined while that has not happened. */
  readonly abortedAt: number | undefined;
  readonly ended: Promise<Ending>;
}

export interface ScriptedServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end: what an Anthropic SDK takes. OpenAI's takes `${url}/v1`. */
  readonly url: string;
  readonly port: number;
  /** Oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Answers that are on their way, that were sent whole, whose client left, that the model broke off. */
  readonly counts: Readonly<{ open: number; finished: number; aborted: number; failed: number }>;
  /** The next request to arrive after this call. */
  next(): Promise<RecordedRequest>;
  close(): Promise<void>;
}

const REQUESTS_MAX = 100_000;

/** Without options: as fast as possible, on the system's clock. */
export function scriptedServer(options: Partial<ScriptedModelOptions> = {}): ScriptedServer {
  const clock: Clock = options.clock ?? systemClock;
  const model = scriptedModel({ pace: 0, ...options, clock });
  const requests: RecordedRequest[] = [];
  const counts = { open: 0, finished: 0, aborted: 0, failed: 0 };
  let waiting: ((request: RecordedRequest) => void)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    maxRequestBodySize: 256 * 1024 * 1024,
    async fetch(request) {
      const body = await request.bytes();
      if (requests.length === REQUESTS_MAX) throw new Error("the scripted server has recorded all the requests it can hold");
      const { promise: ended, resolve } = Promise.withResolvers<Ending>();
      const url = new URL(request.url);
      const record = { method: request.method, target: url.pathname + url.search, headers: request.headers, body, ended };
      const recorded: RecordedRequest & { abortedAt: number | undefined } = { ...record, abortedAt: undefined };
      requests.push(recorded);
      counts.open += 1;
      let open = true;
      const end = (how: Ending): void => {
        if (!open) return;
        open = false;
        counts.open -= 1;
        counts[how] += 1;
        if (how === "aborted") recorded.abortedAt = clock.monotonic();
        resolve(how);
      };
      request.signal.addEventListener("abort", () => end("aborted"), { once: true });
      for (const notify of waiting.splice(0)) notify(recorded);
      const { method, headers, signal } = request;
      const answer = await model(new Request(request.url, { method, headers, signal, ...(method === "POST" ? { body } : {}) }));
      if (answer.body) return new Response(watched(answer.body, end), { status: answer.status, headers: answer.headers });
      end("finished");
      return answer;
    },
    // Else Bun prints every broken answer, and this model breaks some on request.
    development: false,
    // A plain answer whose client left: there is nobody to answer.
    error: () => new Response(null, { status: 500 }),
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port ?? 0,
    requests,
    counts,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      waiting = [];
      await server.stop(true);
    },
  };
}

function watched(body: ReadableStream<Uint8Array>, end: (how: Ending) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await reader.read();
          if (!next.done) return controller.enqueue(next.value);
          end("finished");
          controller.close();
        } catch (error) {
          end("failed");
          // Bun sends what is queued only when the event loop turns; the cut must come after it.
          await new Promise(setImmediate);
          controller.error(error);
        }
      },
      cancel(reason) {
        end("aborted");
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
