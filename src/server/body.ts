// Receives a request body: never more than the limit, never longer than the deadline, never copied.

import { type Clock, concat, MillraceError } from "../base/index.ts";

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly bodyMs: number;
}

/** Rejects with `body_too_large`, `body_timeout` or `caller_left`. */
export function receiveBody(request: Request, { bodyBytesMax, bodyMs }: BodyLimits, clock: Clock): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > bodyBytesMax) return Promise.reject(tooLarge(bodyBytesMax));
  return new Promise((resolve, reject) => {
    // Asking for `body` makes a stream, which a body of known size does not need.
    const reader = declared === null ? request.body?.getReader() : undefined;
    const cancel = clock.schedule(bodyMs, () => {
      reject(new MillraceError("body_timeout", `The body did not arrive within ${bodyMs} ms.`));
      reader?.cancel().catch(() => {});
    });
    const received = (bytes: Uint8Array) => {
      cancel();
      resolve(bytes);
    };
    const failed = (cause: unknown) => {
      cancel();
      reject(MillraceError.is(cause) ? cause : new MillraceError("caller_left", "The caller left while sending.", { cause }));
    };
    (reader ? collect(reader, bodyBytesMax) : request.bytes()).then(received, failed);
  });
}

async function collect(reader: ReadableStreamDefaultReader<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    total += part.value.byteLength;
    if (total > bytesMax) {
      await reader.cancel();
      throw tooLarge(bytesMax);
    }
  }
  return concat(parts, total);
}

const tooLarge = (bytesMax: number) => new MillraceError("body_too_large", `The body is over ${bytesMax} bytes.`);
