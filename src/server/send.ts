// Turns an answer of the gateway into a response of the runtime. Streams are pushed, each chunk flushed at once; the
// runtime's own backpressure makes the upstream wait for a slow client.

import type { Abortable } from "../base/index.ts";
import type { Answer, Sink } from "../gateway/index.ts";

/** The runtime's push controller of `type: "direct"` streams. */
interface DirectController {
  write(chunk: Uint8Array): number | Promise<number>;
  flush(): unknown;
  close(error?: unknown): void;
}

/** @param signal aborts when the client leaves. */
export function toResponse({ status, headers: fields, body }: Answer, signal: Abortable): Response {
  const headers = headersOf(fields);
  if (body instanceof Uint8Array) return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
  const source = {
    type: "direct",
    async pull(controller: DirectController): Promise<void> {
      const sink: Sink = {
        write(chunk) {
          const written = controller.write(chunk); // A promise when the client reads slower than this: wait for it.
          controller.flush();
          return written instanceof Promise ? written.then(() => {}) : undefined;
        },
      };
      // What broke is on record and, where the client can read it, in the stream; here it only has to end.
      await body(sink, signal).catch(() => {});
      controller.close();
    },
  };
  return new Response(new ReadableStream(source as unknown as UnderlyingDefaultSource<Uint8Array>), { status, headers });
}

/** A plain object is what the runtime reads fastest; it has no room for two fields of one name. */
function headersOf(fields: Answer["headers"]): Record<string, string> | Headers {
  const plain: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) {
    if (name in plain) return listOf(fields);
    plain[name] = value;
  }
  return plain;
}

function listOf(fields: Answer["headers"]): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}
