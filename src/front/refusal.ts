// What the front door answers itself when a request cannot go on: JSON, and a connection that is closed after it.

import { STATUS_CODES } from "node:http";

export interface Refusal {
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  /** For people: what happened and what to do next. Nothing of the request in it. */
  readonly message: string;
  /** Whole seconds, where trying again can help. */
  readonly retryAfterSeconds?: number;
  /** One further header line, such as `allow: GET`. */
  readonly header?: string;
}

export const refusal = (status: number, code: string, message: string, more: Partial<Refusal> = {}): Refusal => ({
  status,
  code,
  message,
  ...more,
});

/** A whole HTTP/1.1 response. @param withBody false for HEAD */
export function refusalBytes({ status, code, message, retryAfterSeconds, header }: Refusal, withBody: boolean): string {
  const body = JSON.stringify({ error: { code, message } });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
    ...(header === undefined ? [] : [header]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${withBody ? body : ""}`;
}
