// What can go wrong with an upstream, one value or function each, for faultUpstream().behave and .once.
// A fault that goes on after its first bytes takes `when`: it waits for that, so that a test decides when and never sleeps.

import { utf8 } from "../../src/base/index.ts";
import { type Fault, head, type RightAnswer, type Wire } from "./fault-upstream.ts";

type Act = (wire: Wire, answer: RightAnswer) => void | Promise<void>;
type Header = readonly [string, string];

const onRequest = (act: Act): Fault => ({ stage: "request", act: async (wire, answer) => act(wire, answer) });
const CHUNKED: Header = ["transfer-encoding", "chunked"];

/** A chunk of the chunked transfer coding (RFC 9112, section 7.1). */
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const LAST_CHUNK = "0\r\n\r\n";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Accepted, then torn down before a byte is read. */
export const resetOnConnection: Fault = { stage: "connection", act: (wire) => wire.reset() };
/** Read whole, then torn down without an answer. */
export const resetBeforeHeaders = onRequest((wire) => wire.reset());
/** Read whole, then closed cleanly without an answer. */
export const closeBeforeHeaders = onRequest((wire) => wire.finish());
/** Read whole, and never answered. */
export const silentBeforeHeaders = onRequest(() => {});
/** The body is never read past what the kernel takes, and nothing is answered. */
export const neverReads: Fault = { stage: "head", act: (wire) => wire.stopReading() };
/** Status and headers, then nothing. */
export const silentAfterHeaders = onRequest((wire, answer) => wire.write(head(200, [...answer.headers, CHUNKED])));

export interface Cut {
  /** RST; or FIN, which looks like a regular end. */
  readonly how: "reset" | "close";
  /** Whole events sent before. */
  readonly events: number;
  /** Also the first half of the event after them. */
  readonly midEvent?: boolean;
  /** With `close`: `length` ends the body regularly, so that only the missing terminal event tells. Default `none`. */
  readonly framing?: "none" | "ended";
  /** The cut waits for this. Let the reader have the bytes first: Bun's fetch may drop those that a cut comes right behind. */
  readonly when?: Promise<unknown>;
}

/** The answer stops after some events. With zero events: right after the headers. */
export function cutAfter({ how, events, midEvent, framing, when }: Cut): Fault {
  return onRequest(async (wire, answer) => {
    const next = answer.pieces[events] ?? "";
    const sent = answer.pieces.slice(0, events).join("") + (midEvent ? next.slice(0, Math.ceil(next.length / 2)) : "");
    await wire.write(head(200, [...answer.headers, CHUNKED]) + (sent === "" ? "" : chunk(sent)));
    await (when ?? turn());
    if (how === "reset") return wire.reset();
    if (framing === "ended") await wire.write(LAST_CHUNK);
    wire.finish();
  });
}

/** Everything but the terminal event, and a regular end. */
export const noTerminalEvent = onRequest((wire, answer) => {
  return wire.write(head(200, [...answer.headers, CHUNKED]) + chunk(answer.pieces.slice(0, -1).join("")) + LAST_CHUNK);
});

/** Some events, then silence for good. */
export const silentAfter = (events: number): Fault =>
  onRequest((wire, answer) =>
    wire.write(head(200, [...answer.headers, CHUNKED]) + chunk(answer.pieces.slice(0, events).join(""))),
  );

/** A right answer, every byte of it written by itself. */
export const byteByByte = onRequest(async (wire, answer) => {
  const length: Header = ["content-length", String(answer.body.byteLength)];
  const bytes = Buffer.concat([utf8(head(answer.status, [...answer.headers, length])), answer.body]);
  for (let at = 0; at < bytes.byteLength; at++) {
    await wire.write(bytes.subarray(at, at + 1));
    await turn();
  }
});

/** An error status with this body and these headers. */
export const refuses = (status: number, body = '{"error":{"message":"no"}}', headers: readonly Header[] = []): Fault =>
  onRequest((wire) =>
    wire.write(
      head(status, [["content-type", "application/json"], ["content-length", String(Buffer.byteLength(body))], ...headers]) +
        body,
    ),
  );

/** 429 with `retry-after` in seconds. */
export const rateLimited = (retryAfterSeconds: number): Fault =>
  refuses(429, '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', [
    ["retry-after", String(retryAfterSeconds)],
  ]);

/** An error event inside a 200 stream, after some events. */
export const errorEvent = (events: number, event: string): Fault =>
  onRequest((wire, answer) =>
    wire.write(head(200, [...answer.headers, CHUNKED]) + chunk(answer.pieces.slice(0, events).join("") + event) + LAST_CHUNK),
  );

/** A right body under a Content-Length that is off by `difference` bytes; then closed. */
export const wrongLength = (difference: number): Fault =>
  onRequest(async (wire, answer) => {
    const length = String(answer.body.byteLength + difference);
    await wire.write(head(200, [...answer.headers, ["content-length", length]]));
    await wire.write(answer.body);
    wire.finish();
  });

/** A right answer under a header of this many bytes. */
export const hugeHeader = (bytes: number): Fault =>
  onRequest((wire, answer) => {
    const headers: Header[] = [
      ...answer.headers,
      ["x-huge", "h".repeat(bytes)],
      ["content-length", String(answer.body.byteLength)],
    ];
    return wire.write(Buffer.concat([utf8(head(200, headers)), answer.body]));
  });

/** One good chunk, then one whose size is no number. */
export const invalidChunk = onRequest((wire, answer) =>
  wire.write(`${head(200, [...answer.headers, CHUNKED])}${chunk(answer.pieces[0] ?? "")}zz\r\nnonsense\r\n`),
);

/** No HTTP at all. */
export const notHttp = onRequest((wire) => wire.write("220 mail.example ESMTP ready\r\n"));

/** A right answer in which every text begins with a byte that is no UTF-8. */
export const invalidUtf8 = onRequest((wire, answer) => {
  const marked = answer.pieces.join("").replaceAll(/("(?:text|content|delta)":")(?=[^"])/g, "$1\u0001");
  const broken = Buffer.from(marked).map((byte) => (byte === 1 ? 0xff : byte));
  const headers: Header[] = [...answer.headers, ["content-length", String(broken.byteLength)]];
  return wire.write(Buffer.concat([utf8(head(200, headers)), broken]));
});

/** A right answer compressed with gzip, and labelled so. */
export const gzipped = onRequest((wire, answer) => {
  const packed = Bun.gzipSync(Uint8Array.from(answer.body));
  const headers: Header[] = [...answer.headers, ["content-encoding", "gzip"], ["content-length", String(packed.byteLength)]];
  return wire.write(Buffer.concat([utf8(head(200, headers)), packed]));
});

/** 100 and 103 before a right answer. */
export const informationalFirst = onRequest((wire, answer) => {
  const length: Header = ["content-length", String(answer.body.byteLength)];
  const heads = head(100, []) + head(103, [["link", "</a.css>; rel=preload"]]) + head(answer.status, [...answer.headers, length]);
  return wire.write(Buffer.concat([utf8(heads), answer.body]));
});

/** A status that has no body: 204 or 304. */
export const bodiless = (status: 204 | 304): Fault => onRequest((wire) => wire.write(head(status, [["etag", '"one"']])));

/** A redirect to somewhere else. */
export const redirects = (status: 301 | 302 | 303 | 307 | 308, location: string): Fault =>
  refuses(status, "", [["location", location]]);

/** These bytes as they are, whatever was asked. */
export const exactly = (bytes: string, then: (wire: Wire) => void = () => {}): Fault =>
  onRequest(async (wire) => {
    await wire.write(bytes);
    then(wire);
  });
