import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { concat, text, utf8, VirtualClock } from "../../src/base/index.ts";
import { allEvents, SseReader } from "./sse-reader.ts";

const bodyOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

const plain = async (source: string) => (await allEvents(bodyOf([utf8(source)]))).map(({ at: _at, ...event }) => event);
const event = (name: string | undefined, data: string, comment?: string) => ({ event: name, data, comment });

describe("SseReader", () => {
  test.each([
    ["event and data", "event: a\ndata: 1\n\n", [event("a", "1")]],
    ["data alone", "data: 1\n\ndata:2\n\n", [event(undefined, "1"), event(undefined, "2")]],
    ["several data lines", "data: 1\ndata:  2\ndata\n\n", [event(undefined, "1\n 2\n")]],
    ["a comment", ": keep-alive\n\ndata: 1\n\n", [event(undefined, "", "keep-alive"), event(undefined, "1")]],
    [
      "carriage returns",
      "event: a\r\ndata: 1\r\n\r\ndata: 2\r\rdata: 3\n\n",
      [event("a", "1"), event(undefined, "2"), event(undefined, "3")],
    ],
    ["extra blank lines and unknown fields", "\n\nid: 7\nretry: 1\n\ndata: 1\n\n\n", [event(undefined, "1")]],
    ["an event cut short is none", "data: 1\n\nevent: b\ndata: 2\n", [event(undefined, "1")]],
    ["a byte order mark", "\uFEFFdata: 1\n\n", [event(undefined, "1")]],
  ] as const)("%s", async (_name, source, events) => {
    expect(await plain(source)).toEqual([...events]);
  });

  test("reads the same however the bytes are cut, and keeps them", async () => {
    const source = utf8('event: ä\r\ndata: {"t":"日本 😀"}\r\n\r\n: ping\n\ndata: a\ndata: b\r\rdata: cut');
    const whole = await plain(text(source));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(source.length), { maxLength: 12 }), async (cuts) => {
        const points = [0, ...cuts.toSorted((a, b) => a - b), source.length];
        const chunks = points.slice(1).map((end, index) => source.subarray(points[index], end));
        const reader = new SseReader(bodyOf(chunks));
        const events = (await Array.fromAsync(reader)).map(({ at: _at, ...rest }) => rest);
        expect(events).toEqual(whole);
        expect(concat([reader.raw])).toEqual(source);
        expect(reader.unfinished).toBe("data: cut");
      }),
    );
  });

  test("stamps each event when its last byte came", async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    let sender: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        sender = controller;
      },
    });
    const read = (async () => {
      for await (const { at } of new SseReader(body, clock)) times.push(at);
    })();
    await clock.advance(5);
    sender?.enqueue(utf8("data: 1\n"));
    await clock.advance(5);
    sender?.enqueue(utf8("\ndata: 2\n\n"));
    await clock.advance(5);
    sender?.close();
    await read;
    expect(times).toEqual([10, 10]);
  });

  test("leaving the loop cancels the body; a failing body throws", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(utf8("data: 1\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const { data } of new SseReader(endless)) {
      expect(data).toBe("1");
      break;
    }
    expect(cancelled).toBe(true);
    const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("cut")) });
    await expect(allEvents(failing)).rejects.toThrow("cut");
  });
});
