// Speaks HTTP/1.1 on a bare socket, for requests that no client library would send: odd heads, half bodies, a client
// that vanishes. Reads one response; understands Content-Length and chunked bodies. Trusts its peer: tests only.

import net from "node:net";
import { concat, utf8 } from "../../src/base/index.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Chunked coding undone. */
  readonly body: string;
}

export interface RawConnection {
  send(bytes: string | Uint8Array): void;
  /** The next response that is final (not 1xx); undefined when the connection ended before it was whole. */
  answer(): Promise<RawAnswer | undefined>;
  /** Resolves once the text came. Rejects when the connection ends before. */
  seen(text: string): Promise<void>;
  /** All that came so far. */
  readonly received: string;
  readonly closed: Promise<void>;
  /** FIN; the other direction stays open. */
  finish(): void;
  /** RST. */
  reset(): void;
  /** Takes nothing more from the socket until `resume`. */
  pause(): void;
  resume(): void;
}

export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  let parts: Uint8Array[] = [];
  let ended = false;
  let looks: (() => void)[] = [];
  const look = (): void => {
    for (const run of looks.splice(0)) run();
  };
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      look();
      resolve();
    };
    // The peer may reset, which is what some tests are about.
    socket.on("error", () => {});
    socket.once("end", end);
    socket.once("close", end);
  });
  socket.on("data", (bytes: Buffer) => {
    parts.push(bytes);
    look();
  });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const whole = (): Uint8Array => {
    const bytes = concat(parts);
    parts = [bytes];
    return bytes;
  };
  /** Asks `find` at every packet, until it finds or the connection ended. */
  const until = <T>(find: () => T | undefined): Promise<T | undefined> =>
    new Promise((resolve) => {
      const run = (): void => {
        const found = find();
        if (found !== undefined || ended) resolve(found);
        else looks.push(run);
      };
      run();
    });
  const received = (): string => Buffer.from(whole()).toString("latin1");
  return {
    send: (bytes) => void socket.write(typeof bytes === "string" ? utf8(bytes) : bytes),
    async answer() {
      const found = await until(() => readAnswer(whole(), ended));
      if (found) parts = [whole().subarray(found.used)];
      return found?.answer;
    },
    async seen(text) {
      if (!(await until(() => received().includes(text) || undefined))) throw new Error(`the connection ended without "${text}"`);
    },
    get received() {
      return received();
    },
    closed,
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    pause: () => {
      looks = [];
      socket.pause();
    },
    resume: () => void socket.resume(),
  };
}

/** Sends one request and reads its answer; the connection is torn down after it. */
export async function rawExchange(url: string, request: string | Uint8Array): Promise<RawAnswer | undefined> {
  const connection = await rawConnection(url);
  connection.send(request);
  const answer = await connection.answer();
  connection.reset();
  return answer;
}

function readAnswer(bytes: Uint8Array, ended: boolean): { answer: RawAnswer; used: number } | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = buffer.toString("latin1", 0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  const status = Number(first.split(" ")[1]);
  const start = end + 4;
  if (status < 200 && status !== 101) {
    const next = readAnswer(bytes.subarray(start), ended);
    return next && { ...next, used: next.used + start };
  }
  const answered = (body: string, used: number) => ({ answer: { status, headers, body }, used });
  if (headers.get("transfer-encoding") === "chunked") {
    const chunks = readChunks(buffer, start);
    return chunks && answered(chunks.body, chunks.used);
  }
  const length = headers.get("content-length");
  if (length === null) return ended || status === 204 ? answered(buffer.toString("utf8", start), bytes.byteLength) : undefined;
  const used = start + Number(length);
  return buffer.byteLength < used ? undefined : answered(buffer.toString("utf8", start, used), used);
}

function readChunks(buffer: Buffer, start: number): { body: string; used: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = buffer.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.toString("latin1", at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (buffer.byteLength < next) return undefined;
    if (size === 0) return { body: Buffer.concat(parts).toString("utf8"), used: next };
    parts.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
