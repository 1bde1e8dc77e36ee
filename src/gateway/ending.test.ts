import { describe, expect, test } from "bun:test";
import { Cancellation } from "../base/index.ts";
import { atEnd } from "./ending.ts";
import type { Answer } from "./exchange.ts";
import { HeaderFields } from "./header-fields.ts";
import type { StreamBody } from "./sink.ts";

const answerWith = (body: Answer["body"]): Answer => ({ status: 200, headers: new HeaderFields(), body });

function rig(body: Answer["body"], signal = new Cancellation()) {
  const ends: unknown[] = [];
  const answer = atEnd(answerWith(body), signal, (error) => ends.push(error));
  const run = () => (answer.body as StreamBody)({ write() {} }, signal);
  return { ends, signal, run };
}

describe("atEnd", () => {
  test("a whole answer has ended when it is there", () => {
    expect(rig(new Uint8Array(3)).ends).toEqual([undefined]);
  });

  test("a stream ends when it was run, and not before", async () => {
    const { ends, run, signal } = rig(async () => {});
    expect(ends).toEqual([]);
    await run();
    signal.abort("too late to count");
    expect(ends).toEqual([undefined]);
  });

  test("a stream that breaks ends with its error, which goes on", async () => {
    const broken = new Error("broken");
    const { ends, run } = rig(() => Promise.reject(broken));
    await expect(run()).rejects.toBe(broken);
    expect(ends).toEqual([broken]);
  });

  test("a stream whose client left before it was read ends once, with the reason", async () => {
    const { ends, run, signal } = rig(async () => {});
    signal.abort("left");
    expect(ends).toEqual(["left"]);
    await run();
    expect(ends).toEqual(["left"]);
  });

  test("a client that had left already ends it at once", () => {
    const signal = new Cancellation();
    signal.abort("gone");
    expect(rig(async () => {}, signal).ends).toEqual(["gone"]);
  });

  test("a client that leaves while it is read lets the stream say how it ended", async () => {
    const signal = new Cancellation();
    const { ends, run } = rig(() => {
      signal.abort("left");
      return Promise.reject(signal.reason);
    }, signal);
    await expect(run()).rejects.toBe("left");
    expect(ends).toEqual(["left"]);
  });
});
