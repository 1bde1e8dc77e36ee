// Against an upstream on a raw socket: which connections are used again, what is refused, and what an abort leaves.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import net from "node:net";
import { type Fault, type FaultUpstream, faultUpstream, type Wire } from "../../../test/kit/fault-upstream.ts";
import { byteByByte, closeBeforeHeaders, exactly, resetBeforeHeaders, resetOnConnection } from "../../../test/kit/faults.ts";
import { ask, failureOf, request, turn, until, wholeAnswer } from "../../../test/kit/whole-answer.ts";
import { MillraceError, seededRandom, systemClock, utf8 } from "../../base/index.ts";
import { type HttpTransport, httpTransport } from "./http-transport.ts";

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

describe("a kept connection", () => {
  test("that is closed instead of answering is replaced once, and nobody notices", async () => {
    const { connections, requests } = await warm();
    upstream.once(closeBeforeHeaders);
    const told: string[] = [];
    const answer = await ask(http.send, upstream.url, { body: utf8("again"), onConnected: () => told.push("connected") });
    expect([answer.text, connections(), requests(), told]).toEqual(["ok", 2, 3, ["connected"]]);
  });

  test("whose replacement is closed too is an error: a request is sent at most twice", async () => {
    const { requests } = await warm();
    await Promise.all([1, 2, 3].map(() => ask(http.send, upstream.url)));
    const before = requests();
    upstream.behave(closeBeforeHeaders);
    expect(await failureOf(ask(http.send, upstream.url))).toBe("upstream_cut");
    expect(requests() - before).toBe(2);
  });

  test.each([
    ["reset", resetBeforeHeaders],
    ["closed after part of a head", exactly("HTTP/1.1 20", (wire) => wire.finish())],
    ["closed after an interim response", exactly("HTTP/1.1 100 Continue\r\n\r\n", (wire) => wire.finish())],
  ])("that is %s is an error: the request may have been at work", async (_how, fault) => {
    const { requests } = await warm();
    upstream.once(fault);
    expect(await failureOf(ask(http.send, upstream.url))).toBe("upstream_cut");
    expect(requests()).toBe(2);
  });

  test("that was closed while idle is not tried", async () => {
    let wire: Wire | undefined;
    const { connections, requests } = await warm(exactly(OK, (socket) => (wire = socket)));
    wire?.finish();
    await wire?.closed;
    await turn();
    expect((await ask(http.send, upstream.url)).text).toBe("ok");
    expect([connections(), requests()]).toEqual([2, 2]);
  });

  test("that says something unasked is not used again", async () => {
    let wire: Wire | undefined;
    const { connections } = await warm(exactly(OK, (socket) => (wire = socket)));
    await wire?.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged");
    await wire?.closed;
    expect((await ask(http.send, upstream.url)).text).toBe("ok");
    expect(connections()).toBe(2);
  });
});

test.each([
  ["says close", "HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\nok"],
  ["speaks HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"],
  ["goes on after its end", `${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`],
  [
    "has a length beside chunked",
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  ],
])("a response that %s is read, and its connection closed", async (_what, wire) => {
  const { connections } = await warm(exactly(wire));
  expect((await ask(http.send, upstream.url)).text).toBe("ok");
  expect(connections()).toBe(2);
});

test.each([
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok"],
  ["a hidden header", "HTTP/1.1 200 OK\r\na:\ncontent-length: 2\r\n\r\nok"],
  ["another protocol", "SSH-2.0-server\r\n"],
])("a response with %s is refused, and its connection closed", async (_what, wire) => {
  const { connections } = await warm();
  upstream.once(exactly(wire));
  expect(await failureOf(ask(http.send, upstream.url))).toBe("upstream_cut");
  await ask(http.send, upstream.url);
  expect(connections()).toBe(2);
});

test("a new connection that is closed or reset is an error, once", async () => {
  for (const fault of [closeBeforeHeaders, resetBeforeHeaders, resetOnConnection]) {
    http = httpTransport({ clock: systemClock });
    upstream.once(fault);
    expect(await failureOf(ask(http.send, upstream.url))).toMatch(/^upstream_(cut|unreachable)$/);
  }
});

test("interim responses are passed over, and an answer may come byte by byte", async () => {
  const { connections } = await warm(exactly(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`));
  upstream.once(byteByByte);
  expect((await ask(http.send, `${upstream.url}/v1/models`)).status).toBeGreaterThanOrEqual(200);
  expect(connections()).toBe(1);
});

test("what cannot be one header is refused before anything is sent", async () => {
  http = httpTransport({ clock: systemClock });
  const { connections } = upstream.counts;
  const bad: [string, string][] = [
    ["a", "b\r\nc: d"],
    ["a", "b\nc"],
    ["a", "\u010a\u010d"],
    ["a", "\0"],
    ["a: b\r\nc", "d"],
    ["a b", "c"],
    ["", "c"],
    ["Host", "elsewhere"],
    ["Content-Length", "0"],
    ["transfer-encoding", "chunked"],
  ];
  for (const header of bad) expect(await failureOf(ask(http.send, upstream.url, { headers: [header] }))).toBe("option_invalid");
  expect(await failureOf(ask(http.send, upstream.url, { method: "GET / HTTP/1.1\r\nx:" }))).toBe("option_invalid");
  expect(upstream.counts.connections).toBe(connections);
});

describe("a large request", () => {
  const body = utf8(crypto.getRandomValues(new Uint8Array(65_536)).toHex().repeat(40)); // 5 MiB

  test("reaches a server whole that takes its time", async () => {
    const hash = createHash("sha256");
    let left = 0;
    const server = net.createServer((socket) => {
      socket.on("data", (bytes: Buffer) => {
        const at = left === 0 ? bytes.indexOf("\r\n\r\n") + 4 : 0;
        if (left === 0) left = 4 * body.byteLength;
        hash.update(bytes.subarray(at));
        left -= bytes.byteLength - at;
        if (left === 0) socket.write(OK);
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    http = httpTransport({ clock: systemClock });
    const twenty = Buffer.concat([body, body, body, body]);
    const answer = await ask(http.send, `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, { body: twenty });
    expect(answer.text).toBe("ok");
    expect(hash.digest("hex")).toBe(createHash("sha256").update(twenty).digest("hex"));
    server.close();
  });

  test("may be answered before it was sent: the answer arrives, the connection is given up", async () => {
    await warm();
    let closed: Promise<void> | undefined;
    upstream.once({
      stage: "head",
      act(wire) {
        wire.stopReading();
        closed = wire.closed;
        void wire.write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig");
      },
    });
    const answer = await ask(http.send, upstream.url, { body });
    expect([answer.status, answer.text]).toEqual([413, "big"]);
    await closed;
  });

  test("can be aborted while it is sent", async () => {
    await warm();
    const stuck = Promise.withResolvers<Wire>();
    upstream.once({
      stage: "head",
      act(wire) {
        wire.stopReading();
        stuck.resolve(wire);
      },
    });
    const call = http.send(request(upstream.url, { body }));
    const failure = failureOf(call.response);
    const { closed } = await stuck.promise;
    call.abort("reason");
    expect(await failure).toBe("reason");
    http.close();
    // A server that does not read does not see the end either; it is told by the next test's count of open sockets.
    await upstream.close();
    await closed;
    upstream = await faultUpstream();
  });
});

describe("an abort", () => {
  const REASON = new MillraceError("caller_left", "The caller left.");
  const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";

  /** The server's end of the connection that the next request arrives on, after it sent this. */
  function next(sends: string): Promise<Wire> {
    const { promise, resolve } = Promise.withResolvers<Wire>();
    upstream.once(exactly(sends, resolve));
    return promise;
  }

  test.each([
    ["", "new"],
    ["HTTP/1.1 20", "new"],
    ["", "kept"],
    ["HTTP/1.1 20", "kept"],
  ])("before the head (%j came, on a %s connection)", async (sends, kind) => {
    http = httpTransport({ clock: systemClock });
    if (kind === "kept") await warm();
    const wire = next(sends);
    const call = http.send(request(upstream.url, { body: utf8("hello") }));
    const failure = failureOf(call.response);
    const { closed } = await wire;
    call.abort(REASON);
    expect(await failure).toBe("caller_left");
    await closed;
    call.abort("another");
  });

  test("in the turn of the request, on a kept connection and on none", async () => {
    await warm();
    for (const _ of ["kept", "new"]) {
      const call = http.send(request(upstream.url));
      call.abort("reason");
      expect(await failureOf(call.response)).toBe("reason");
    }
    await until(() => upstream.counts.open === 0);
  });

  test("after the head, before there is a reader: it hears of it when it comes", async () => {
    await warm();
    const wire = next(`${HEAD}abc`);
    const call = http.send(request(upstream.url));
    const { pipe } = await call.response;
    call.abort("reason");
    await (await wire).closed;
    expect(await failureOf(pipe({ write() {} }))).toBe("reason");
  });

  test("amid the body: nothing more is written", async () => {
    await warm();
    const wire = next(`${HEAD}abc`);
    const call = http.send(request(upstream.url));
    const { pipe } = await call.response;
    let writes = 0;
    const count = () => {
      writes += 1;
    };
    const failure = failureOf(pipe({ write: count }));
    await until(() => writes === 1);
    call.abort("reason");
    expect(await failure).toBe("reason");
    await (await wire).closed;
    expect(writes).toBe(1);
  });

  test("after the end: nothing happens, the connection serves the next", async () => {
    const { connections } = await warm();
    const call = http.send(request(upstream.url));
    await wholeAnswer(call);
    const second = http.send(request(upstream.url));
    call.abort("reason");
    expect((await wholeAnswer(second)).text).toBe("ok");
    expect(connections()).toBe(1);
  });
});

test("hundreds of calls, each aborted at some turn or not at all, end as they should and leave no socket", async () => {
  await warm();
  const random = seededRandom(7);
  const slow: Fault = {
    stage: "request",
    async act(wire) {
      for (const part of ["HTTP/1.1 200 OK\r\ntransfer-", "encoding: chunked\r\n\r\n", "1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"]) {
        await wire.write(part);
        await turn();
      }
    },
  };
  upstream.behave(slow);
  const one = async () => {
    const call = http.send(request(upstream.url));
    const outcome = wholeAnswer(call).then(
      (answer) => answer.text,
      (reason) => reason,
    );
    for (let left = Math.floor(random.next() * 12); left > 0; left--) await turn();
    call.abort("reason");
    return outcome;
  };
  const outcomes: unknown[] = [];
  for (let round = 0; round < 10; round++) outcomes.push(...(await Promise.all(Array.from({ length: 40 }, one))));
  expect(new Set(outcomes)).toEqual(new Set(["ab", "reason"]));
  // What is open now is idle, and goes with the transport: afterEach waits for none to be left.
});

test("a reader that throws or rejects ends the call with its error and closes the connection", async () => {
  for (const write of [
    () => Promise.reject(new Error("full")),
    () => {
      throw new Error("full");
    },
  ]) {
    await warm();
    upstream.once(exactly("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
    const { pipe } = await http.send(request(upstream.url)).response;
    expect(await failureOf(pipe({ write }))).toEqual(new Error("full"));
    await until(() => upstream.counts.open === 0);
  }
});
