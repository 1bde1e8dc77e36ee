import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { failureOf } from "../../../test/kit/whole-answer.ts";
import { concat, MillraceError, text, utf8 } from "../../base/index.ts";
import type { Sink } from "../sink.ts";
import { StaleConnection, WireExchange } from "./wire-exchange.ts";

/** A connection that only notes what is asked of it. */
function wire() {
  const asked: string[] = [];
  return {
    asked,
    pause: () => void asked.push("pause"),
    resume: () => void asked.push("resume"),
    finished: (isReusable: boolean) => void asked.push(isReusable ? "reuse" : "close"),
    destroy: () => void asked.push("destroy"),
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const chunked = (parts: readonly string[]) => parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
const HEAD = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const LAST = "0\r\n\r\n";

/** A reader that waits where told, and complains when it is not waited for. */
function reader(waits: (index: number) => boolean) {
  const got: string[] = [];
  const held: (() => void)[] = [];
  let isWaiting = false;
  const sink: Sink = {
    write(chunk) {
      expect(isWaiting).toBe(false);
      got.push(text(chunk));
      if (!waits(got.length - 1)) return undefined;
      isWaiting = true;
      return new Promise<void>((resolve) =>
        held.push(() => {
          isWaiting = false;
          resolve();
        }),
      );
    },
  };
  return { got, sink, go: () => held.shift()?.() };
}

test("whatever is held where, the reader gets every chunk once, in order, one at a time", async () => {
  const word = fc.stringMatching(/^[a-z]{1,20}$/);
  const property = fc.asyncProperty(
    fc.array(word, { minLength: 1, maxLength: 20 }),
    fc.array(fc.nat(400), { maxLength: 6 }),
    fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
    fc.boolean(),
    async (parts, places, waits, pipesLate) => {
      const bytes = utf8(HEAD + chunked(parts) + LAST);
      const connection = wire();
      const exchange = new WireExchange(connection, true, false);
      const { got, sink, go } = reader((index) => waits[index % 20] === true);
      let at = 0;
      let isDone = false;
      const pipe = async () => {
        await (await exchange.response).pipe(sink);
        isDone = true;
      };
      const done = pipesLate ? undefined : pipe();
      for (const place of [...places.toSorted((a, b) => a - b), bytes.length]) {
        const end = Math.max(at, Math.min(bytes.length, place));
        if (end > at) exchange.push(bytes.subarray(at, end));
        at = end;
        await turn();
        go();
      }
      const finished = done ?? pipe();
      for (let left = 0; left <= parts.length * 8 && !isDone; left++) {
        await turn();
        go();
      }
      await finished;
      expect(got.join("")).toBe(parts.join(""));
      expect(connection.asked.filter((word) => word === "reuse" || word === "close")).toEqual(["reuse"]);
      // Once it was handed on, it is not touched again: it is somebody else's.
      expect(connection.asked.at(-1)).toBe("reuse");
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

describe("a reader that waits", () => {
  test("pauses the connection until it is ready, and gets the rest of what was read only then", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    const { got, sink, go } = reader((index) => index === 0);
    exchange.push(utf8(HEAD));
    const done = (await exchange.response).pipe(sink);
    exchange.push(utf8(chunked(["a", "b", "c"])));
    expect([got, connection.asked.at(-1)]).toEqual([["a"], "pause"]);
    go();
    await turn();
    expect([got, connection.asked.at(-1)]).toEqual([["a", "b", "c"], "resume"]);
    exchange.push(utf8(LAST));
    await done;
  });

  test("hears of a cut after it took what came before", async () => {
    const exchange = new WireExchange(wire(), true, false);
    const { got, sink, go } = reader((index) => index === 0);
    exchange.push(utf8(HEAD));
    const done = (await exchange.response).pipe(sink);
    exchange.push(utf8(chunked(["a", "b"])));
    exchange.closed(false);
    go();
    expect(await failureOf(done)).toBe("upstream_cut");
    expect(got).toEqual(["a", "b"]);
  });

  test("hears of an abort at once, and gets nothing more", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    const { got, sink, go } = reader((index) => index === 0);
    exchange.push(utf8(HEAD));
    const done = (await exchange.response).pipe(sink);
    exchange.push(utf8(chunked(["a", "b"])));
    exchange.abort("reason");
    expect(await failureOf(done)).toBe("reason");
    go();
    await turn();
    expect(got).toEqual(["a"]);
    expect(connection.asked.at(-1)).toBe("destroy");
  });

  test("and aborts after the end on the wire loses the rest, but not the connection, which is another's", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    const { got, sink } = reader(() => true);
    exchange.push(utf8(HEAD + chunked(["a", "b"]) + LAST));
    const done = (await exchange.response).pipe(sink);
    exchange.abort("reason");
    expect(await failureOf(done)).toBe("reason");
    expect(got).toEqual(["a"]);
    expect(connection.asked).toEqual(["reuse"]);
  });
});

describe("a reader that fails", () => {
  const FAILURE = new Error("full");

  test.each([
    [
      "throws",
      () => {
        throw FAILURE;
      },
    ],
    ["rejects", () => Promise.reject(FAILURE)],
  ])("ends the exchange with its error when it %s, and gets nothing more", async (_how, fail: () => Promise<void>) => {
    for (const when of ["live", "late"]) {
      const connection = wire();
      const exchange = new WireExchange(connection, true, false);
      const got: string[] = [];
      const sink: Sink = { write: (chunk) => (got.push(text(chunk)) === 2 ? fail() : undefined) };
      const bytes = utf8(chunked(["a", "b", "c"]));
      exchange.push(utf8(HEAD));
      const { pipe } = await exchange.response;
      if (when === "late") exchange.push(bytes);
      const done = pipe(sink);
      if (when === "live") exchange.push(bytes);
      expect(await failureOf(done)).toBe(FAILURE);
      exchange.push(utf8(chunked(["d"])));
      expect(got).toEqual(["a", "b"]);
      expect(connection.asked).toContain("destroy");
    }
  });

  test("or aborts from within a write", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    const got: string[] = [];
    exchange.push(utf8(HEAD));
    const sink: Sink = {
      write(chunk) {
        got.push(text(chunk));
        exchange.abort("reason");
        return Promise.resolve();
      },
    };
    const done = (await exchange.response).pipe(sink);
    exchange.push(utf8(chunked(["a", "b"]) + LAST));
    expect(await failureOf(done)).toBe("reason");
    expect([got, connection.asked]).toEqual([["a"], ["resume", "destroy"]]);
  });
});

describe("without a reader", () => {
  test("the connection is paused when much has come, and goes on with a reader", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    const part = "x".repeat(100_000);
    exchange.push(utf8(HEAD + chunked([part, part])));
    expect(connection.asked).toEqual([]);
    exchange.push(utf8(chunked([part])));
    expect(connection.asked).toEqual(["pause"]);
    const parts: Uint8Array[] = [];
    const done = (await exchange.response).pipe({ write: (chunk) => void parts.push(chunk) });
    expect(connection.asked).toEqual(["pause", "resume"]);
    exchange.push(utf8(LAST));
    await done;
    expect(concat(parts).byteLength).toBe(300_000);
  });

  test("an abort is heard by the reader that comes late", async () => {
    const exchange = new WireExchange(wire(), true, false);
    exchange.push(utf8(HEAD + chunked(["a"])));
    const { pipe } = await exchange.response;
    exchange.abort("reason");
    const { got, sink } = reader(() => false);
    expect(await failureOf(pipe(sink))).toBe("reason");
    expect(got).toEqual([]);
  });
});

describe("a close", () => {
  test.each([
    ["in order, before a byte, on a kept connection: another may be tried", true, true, "", StaleConnection],
    ["in order, before a byte, on a new one", false, true, "", MillraceError],
    ["in order, after part of a head", true, true, "HTTP/1.1 2", MillraceError],
    ["in order, after an interim response", true, true, "HTTP/1.1 100 Continue\r\n\r\n", MillraceError],
    ["by reset, before a byte, on a kept connection: it may have been at work", true, false, "", MillraceError],
  ])("%s", async (_name, isReused, hungUp, sent, kind) => {
    const exchange = new WireExchange(wire(), true, isReused);
    if (sent !== "") exchange.push(utf8(sent));
    exchange.closed(hungUp);
    expect(await exchange.response.catch((error) => error)).toBeInstanceOf(kind);
  });

  test("in order ends a body that goes until the close; a reset cuts it", async () => {
    for (const hungUp of [true, false]) {
      const exchange = new WireExchange(wire(), true, false);
      exchange.push(utf8("HTTP/1.1 200 OK\r\n\r\nabc"));
      const { got, sink } = reader(() => false);
      const done = (await exchange.response).pipe(sink);
      exchange.closed(hungUp);
      expect(await failureOf(done)).toBe(hungUp ? "fulfilled" : "upstream_cut");
      expect(got).toEqual(["abc"]);
    }
  });

  test("bytes after the end spoil the connection, not the response", async () => {
    const connection = wire();
    const exchange = new WireExchange(connection, true, false);
    exchange.push(utf8("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\n"));
    const { got, sink } = reader(() => false);
    await (await exchange.response).pipe(sink);
    expect([got, connection.asked]).toEqual([["a"], ["reuse", "destroy"]]);
  });
});
