// A transport over anything shaped like `fetch`: the scripted model in this process, a test's double.

import { MillraceError, orAbort } from "../../base/index.ts";
import { HeaderFields } from "../header-fields.ts";
import type { Sink } from "../sink.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

type Fetch = (request: Request) => Promise<Response>;

export function fetchTransport(fetch: Fetch): Transport {
  return (request) => {
    const controller = new AbortController();
    return { response: respond(fetch, request, controller.signal), abort: (reason) => controller.abort(reason) };
  };
}

async function respond(fetch: Fetch, request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
  const { method, url, body, onConnected } = request;
  onConnected?.();
  const headers = new Headers(request.headers as [string, string][]);
  const init = { method, headers, signal, ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}) };
  const response = await orAbort(fetch(new Request(url, init)), signal);
  const declared = response.headers.get("content-length");
  return {
    status: response.status,
    headers: HeaderFields.from(response.headers),
    length: declared === null ? undefined : Number(declared),
    pipe: (sink) => pump(response, sink, signal),
  };
}

async function pump(response: Response, sink: Sink, signal: AbortSignal): Promise<void> {
  const reader = response.body?.getReader();
  const leave = () => void reader?.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", leave, { once: true });
  try {
    signal.throwIfAborted();
    for (let part = await reader?.read(); part && !part.done && !signal.aborted; part = await reader?.read()) {
      const waiting = sink.write(part.value);
      if (waiting) await orAbort(waiting, signal);
    }
  } catch (cause) {
    leave();
    signal.throwIfAborted();
    throw MillraceError.is(cause) ? cause : new MillraceError("upstream_cut", "The answer broke off.", { cause });
  } finally {
    signal.removeEventListener("abort", leave);
  }
  signal.throwIfAborted();
}
