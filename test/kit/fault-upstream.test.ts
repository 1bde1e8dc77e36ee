// The faults must be what they say, else tests that rely on them prove nothing: each is looked at on the raw socket.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { text, utf8 } from "../../src/base/index.ts";
import { type Fault, type FaultUpstream, faultUpstream, type Wire } from "./fault-upstream.ts";
import {
  bodiless,
  byteByByte,
  closeBeforeHeaders,
  cutAfter,
  errorEvent,
  gzipped,
  hugeHeader,
  informationalFirst,
  invalidChunk,
  invalidUtf8,
  neverReads,
  noTerminalEvent,
  notHttp,
  rateLimited,
  redirects,
  refuses,
  resetBeforeHeaders,
  resetOnConnection,
  silentAfter,
  silentAfterHeaders,
  silentBeforeHeaders,
  wrongLength,
} from "./faults.ts";
import { rawRequestParser } from "./raw-request.ts";
import { blackHole, refusingAddress } from "./unreachable.ts";

const BODY = JSON.stringify({
  model: "claude-x",
  max_tokens: 100,
  stream: true,
  messages: [{ role: "user", content: "[[words 40]]" }],
});
const REQUEST = `POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

let upstream: FaultUpstream;
beforeAll(async () => {
  upstream = await faultUpstream();
});
afterAll(() => upstream.close());

interface Seen {
  readonly received: string;
  /** How the upstream ended it: not at all, with FIN, with RST. */
  readonly ended: "open" | "fin" | "reset";
}

/** Sends one request over a socket of its own and looks at what comes, until it ends or `until` was seen. */
function meet(fault: Fault, until?: string, watch?: (received: string) => void): Promise<Seen> {
  upstream.once(fault);
  return new Promise((resolve) => {
    const socket = net.connect(upstream.port, "127.0.0.1");
    let received = "";
    const finish = (ended: Seen["ended"]) => {
      resolve({ received, ended });
      socket.destroy();
    };
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      watch?.(received);
      if (until !== undefined && received.includes(until)) finish("open");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", () => finish("reset"));
    socket.write(REQUEST);
  });
}

const STOP = '{"type":"message_stop"}\n\n';
const events = (received: string): number => received.split("event: ").length - 1;

describe("endings", () => {
  test.each([
    ["resetOnConnection", resetOnConnection, "reset"],
    ["resetBeforeHeaders", resetBeforeHeaders, "reset"],
    ["closeBeforeHeaders", closeBeforeHeaders, "fin"],
  ] as const)("%s sends nothing", async (_name, fault, ended) => {
    expect(await meet(fault)).toEqual({ received: "", ended });
  });

  test.each([
    ["after the headers", { events: 0 }, 0, "\r\n\r\n"],
    ["after two events", { events: 2 }, 2, "\n\n\r\n"],
    ["in the middle of the third", { events: 2, midEvent: true }, 3, "\r\n"],
  ] as const)("a cut %s", async (_name, cut, count, end) => {
    for (const how of ["reset", "close"] as const) {
      const { promise: when, resolve } = Promise.withResolvers<void>();
      const { received, ended } = await meet(cutAfter({ ...cut, how, when }), undefined, (sofar) => {
        if (events(sofar) === count && sofar.endsWith(end)) resolve();
      });
      expect(ended).toBe(how === "reset" ? "reset" : "fin");
      expect(received).toStartWith("HTTP/1.1 200");
      expect(events(received)).toBe(count);
      expect(received).not.toContain("\r\n0\r\n\r\n");
    }
  });

  test("a cut that looks like a regular end, and a stream without its last event", async () => {
    for (const fault of [cutAfter({ how: "close", events: 3, framing: "ended" }), noTerminalEvent]) {
      const { received } = await meet(fault, "\r\n0\r\n\r\n");
      expect(events(received)).toBeGreaterThanOrEqual(3);
      expect(received).not.toContain("message_stop");
    }
  });

  test("silence at each point keeps the connection open", async () => {
    const arrived = upstream.next();
    let ended = false;
    const silent = meet(silentBeforeHeaders).then(() => {
      ended = true;
    });
    await arrived;
    expect((await meet(silentAfterHeaders, "\r\n\r\n")).received).toContain("text/event-stream");
    const { received } = await meet(silentAfter(2), "content_block_start");
    expect(events(received)).toBe(2);
    expect(ended).toBe(false);
    void silent;
  });
});

describe("answers", () => {
  test("a right answer by default, also when its bytes come one at a time", async () => {
    const answer = await fetch(`${upstream.url}/v1/messages`, { method: "POST", body: BODY });
    expect(await answer.text()).toEndWith(STOP);
    const slow = await meet(byteByByte, STOP);
    expect(slow.received).toContain("message_start");
  });

  test("statuses, retry-after, redirects and answers without body", async () => {
    const limited = (await meet(rateLimited(2), "slow down")).received;
    expect(limited).toStartWith("HTTP/1.1 429");
    expect(limited).toContain("retry-after: 2\r\n");
    expect((await meet(refuses(529), '"no"')).received).toStartWith("HTTP/1.1 529");
    expect((await meet(redirects(307, "http://127.0.0.1:1/"), "\r\n\r\n")).received).toContain(
      "location: http://127.0.0.1:1/\r\n",
    );
    expect((await meet(bodiless(304), "\r\n\r\n")).received).not.toContain("content-length");
  });

  test("an error event stands in the stream in place of its end", async () => {
    const { received } = await meet(errorEvent(3, "event: error\ndata: {}\n\n"), "\r\n0\r\n\r\n");
    expect(received).toContain("event: error");
    expect(received).not.toContain("message_stop");
  });

  test.each([5, -5])("a content-length that is off by %d", async (difference) => {
    const { received, ended } = await meet(wrongLength(difference));
    const [head = "", ...body] = received.split("\r\n\r\n");
    const declared = Number(/content-length: (\d+)/.exec(head)?.[1]);
    expect(declared - body.join("\r\n\r\n").length).toBe(difference);
    expect(ended).toBe("fin");
  });

  test("huge headers, chunks that are none, and no HTTP", async () => {
    expect((await meet(hugeHeader(300_000), STOP)).received.length).toBeGreaterThan(300_000);
    expect((await meet(invalidChunk, "nonsense")).received).toContain("\r\nzz\r\n");
    expect((await meet(notHttp, "ready")).received).toStartWith("220");
  });

  test("bytes that are no UTF-8, gzip, and 1xx before the answer", async () => {
    upstream.once(invalidUtf8);
    const hello = JSON.stringify({ ...JSON.parse(BODY), messages: [{ role: "user", content: "hi" }] });
    const broken = await (await fetch(`${upstream.url}/v1/messages`, { method: "POST", body: hello })).bytes();
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(broken)).toThrow();
    expect((await meet(gzipped, "\x1f\x8b")).received).toContain("content-encoding: gzip");
    upstream.once(gzipped);
    expect(await (await fetch(`${upstream.url}/v1/messages`, { method: "POST", body: BODY })).text()).toEndWith(STOP);
    const informed = (await meet(informationalFirst, STOP)).received;
    expect(informed.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 100", "HTTP/1.1 103", "HTTP/1.1 200"]);
  });

  test("neverReads leaves a large body with its sender", async () => {
    const { promise: met, resolve } = Promise.withResolvers<void>();
    const act = (wire: Wire) => resolve(neverReads.stage === "head" ? neverReads.act(wire) : undefined);
    upstream.once({ stage: "head", act });
    const length = 16 * 1024 * 1024;
    const send = (): { socket: net.Socket; taken: Promise<void> } => {
      const socket = net.connect(upstream.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(`POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
      return { socket, taken: new Promise((resolve) => socket.write(new Uint8Array(length), () => resolve())) };
    };
    let taken = false;
    const stuck = send();
    void stuck.taken.then(() => {
      taken = true;
    });
    await met;
    // In the time this takes, the other would have been taken too.
    const read = send();
    await read.taken;
    expect(taken).toBe(false);
    stuck.socket.destroy();
    read.socket.destroy();
  });
});

describe("addresses where nobody answers", () => {
  test("one refuses at once", async () => {
    const address = refusingAddress();
    const failed = await new Promise<string>((resolve) => {
      net.connect(address.port, "127.0.0.1").on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    });
    expect(failed).toBe("ECONNREFUSED");
    address.close();
  });

  test("one swallows: neither connected nor refused", async () => {
    const address = await blackHole();
    const socket = net.connect(address.port, "127.0.0.1");
    let outcome = "nothing";
    socket.on("connect", () => (outcome = "connected"));
    socket.on("error", () => (outcome = "refused"));
    // A whole exchange with a living server on the same machine takes longer than a connection that works.
    await (await fetch(`${upstream.url}/v1/messages`, { method: "POST", body: BODY })).text();
    expect(outcome).toBe("nothing");
    socket.destroy();
    address.close();
  });
});

test("requests are taken off the socket whole, by length or in chunks, several on one connection", () => {
  const parser = rawRequestParser();
  const source = utf8(
    "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\nGET /c HTTP/1.1\r\n\r\n",
  );
  const requests = [...source].flatMap((byte) => parser.push(Uint8Array.of(byte)));
  expect(requests.map(({ method, target, body }) => [method, target, text(body)])).toEqual([
    ["POST", "/a", "abc"],
    ["POST", "/b", "def"],
    ["GET", "/c", ""],
  ]);
});
