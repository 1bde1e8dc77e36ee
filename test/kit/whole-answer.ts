// Sends a request through a transport and takes the whole answer, for tests that look at both.

import { concat, MillraceError, text } from "../../src/base/index.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/gateway/index.ts";

export interface WholeAnswer {
  readonly status: number;
  readonly headers: TransportResponse["headers"];
  readonly body: Uint8Array;
  readonly text: string;
}

export const request = (url: string, rest: Partial<TransportRequest> = {}): TransportRequest => ({
  method: rest.body ? "POST" : "GET",
  url,
  headers: [],
  body: undefined,
  ...rest,
});

/** Keeps every chunk as it came, as a reader that stores them does. */
export async function wholeAnswer(call: ReturnType<Transport>): Promise<WholeAnswer> {
  const { status, headers, pipe } = await call.response;
  const parts: Uint8Array[] = [];
  await pipe({ write: (chunk) => void parts.push(chunk) });
  const body = concat(parts);
  return { status, headers, body, text: text(body) };
}

export const ask = (send: Transport, url: string, rest?: Partial<TransportRequest>): Promise<WholeAnswer> =>
  wholeAnswer(send(request(url, rest)));

/** The code of the MillraceError, or whatever else the promise rejects with; `"fulfilled"` when it does not. */
export const failureOf = (promise: unknown): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => "fulfilled",
    (error: unknown) => (MillraceError.is(error) ? error.code : error),
  );

/** A turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the event loop turn until this holds. A test that waits in vain ends at its time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
