// Against an upstream that sends as fast as it can: a reader that is slow, late or absent, and what it keeps.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream } from "../../../test/kit/fault-upstream.ts";
import { exactly } from "../../../test/kit/faults.ts";
import { ask, request, turn, until } from "../../../test/kit/whole-answer.ts";
import { systemClock, text } from "../../base/index.ts";
import { type HttpTransport, httpTransport } from "./http-transport.ts";

const MB = 1024 * 1024;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
let upstream: FaultUpstream;
let http: HttpTransport;
beforeAll(async () => {
  upstream = await faultUpstream();
});
afterEach(async () => {
  http.close();
  await until(() => upstream.counts.open === 0);
  upstream.behave(exactly(OK));
});
afterAll(() => upstream.close());

/** A transport with one kept connection, unless the first answer is another. */
async function warm(first = exactly(OK)): Promise<{ connections: () => number; requests: () => number }> {
  http = httpTransport({ clock: systemClock });
  const { connections } = upstream.counts;
  const { length } = upstream.requests;
  upstream.behave(exactly(OK));
  upstream.once(first);
  await ask(http.send, upstream.url);
  return {
    connections: () => upstream.counts.connections - connections,
    requests: () => upstream.requests.length - length,
  };
}

describe("a slow reader", () => {
  const PART = new Uint8Array(64 * 1024).fill(0x61);

  /** Sends `total` bytes as fast as they are taken, and counts. */
  function flood(total: number): { fault: Fault; sent: () => number } {
    let sent = 0;
    const fault: Fault = {
      stage: "request",
      async act(wire) {
        await wire.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
        for (; sent < total; sent += PART.byteLength) await wire.write(PART);
      },
    };
    return { fault, sent: () => sent };
  }
  const KERNEL_BYTES_MAX = 24 * MB;
  const TOTAL = 64 * MB;

  /** Turns until the server gets nothing more away. */
  async function stalled(sent: () => number): Promise<void> {
    for (let before = -1, still = 0; still < 50; before = sent(), await turn()) still = sent() === before ? still + 1 : 0;
  }

  test("stops the upstream, and gets everything in the end", async () => {
    await warm();
    const { fault, sent } = flood(TOTAL);
    upstream.once(fault);
    const { pipe } = await http.send(request(upstream.url)).response;
    const hold = Promise.withResolvers<void>();
    let writes = 0;
    let bytes = 0;
    const done = pipe({
      write(chunk) {
        bytes += chunk.byteLength;
        writes += 1;
        return writes === 1 ? hold.promise : writes % 7 === 0 ? turn() : undefined;
      },
    });
    await until(() => writes > 0);
    await stalled(sent);
    expect(writes).toBe(1);
    expect(sent()).toBeLessThan(KERNEL_BYTES_MAX);
    hold.resolve();
    await done;
    expect(bytes).toBe(TOTAL);
  });

  test("that does not read at all stops the upstream, and can leave", async () => {
    await warm();
    const { fault, sent } = flood(TOTAL);
    upstream.once(fault);
    const call = http.send(request(upstream.url));
    await call.response;
    await stalled(sent);
    expect(sent()).toBeLessThan(KERNEL_BYTES_MAX);
    call.abort("reason");
    await until(() => upstream.counts.open === 0);
  });

  test("that has a whole answer to take yet does not stop the next request on its connection", async () => {
    const { connections } = await warm();
    const body = Promise.withResolvers<void>();
    upstream.once({
      stage: "request",
      async act(wire) {
        await wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        await body.promise;
        await wire.write("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
      },
    });
    const { pipe } = await http.send(request(upstream.url)).response;
    const hold = Promise.withResolvers<void>();
    const got: string[] = [];
    const done = pipe({
      write(chunk) {
        got.push(text(chunk));
        return hold.promise;
      },
    });
    body.resolve();
    await until(() => got.length === 1);
    expect((await ask(http.send, upstream.url)).text).toBe("ok");
    expect([got, connections()]).toEqual([["a"], 1]);
    hold.resolve();
    await done;
    expect(got).toEqual(["a", "b"]);
  });

  test("that comes late to a whole answer leaves nothing paused for the next request", async () => {
    const { connections } = await warm();
    for (let round = 0; round < 3; round++) {
      upstream.once(flood(MB).fault);
      const { pipe } = await http.send(request(upstream.url)).response;
      for (let turns = 0; turns < 20; turns++) await turn();
      let bytes = 0;
      await pipe({
        write(chunk) {
          bytes += chunk.byteLength;
        },
      });
      expect(bytes).toBe(MB);
      expect((await ask(http.send, upstream.url)).text).toBe("ok");
    }
    expect(connections()).toBe(1);
  });

  test("gets the end of a body that goes until the close, although it came while it waited", async () => {
    await warm(exactly(`HTTP/1.1 200 OK\r\n\r\nfirst`, (wire) => wire.finish()));
    upstream.once({
      stage: "request",
      async act(wire) {
        await wire.write("HTTP/1.1 200 OK\r\n\r\n");
        await wire.write(PART);
        await wire.write(PART);
        wire.finish();
      },
    });
    const { pipe } = await http.send(request(upstream.url)).response;
    let bytes = 0;
    await pipe({
      async write(chunk) {
        bytes += chunk.byteLength;
        for (let turns = 0; turns < 5; turns++) await turn();
      },
    });
    expect(bytes).toBe(2 * PART.byteLength);
  });

  test("may keep what it was given: no buffer is used twice", async () => {
    await warm();
    const total = 8 * MB;
    const pattern = Buffer.alloc(total);
    for (let at = 0; at < total; at += 4) pattern.writeUInt32LE(at, at);
    upstream.once({
      stage: "request",
      async act(wire) {
        await wire.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
        for (let at = 0; at < total; at += 100_000) await wire.write(pattern.subarray(at, at + 100_000));
      },
    });
    const { body } = await ask(http.send, upstream.url);
    expect(pattern.equals(body)).toBe(true);
  });
});
