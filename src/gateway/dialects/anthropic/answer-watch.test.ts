import { describe, expect, test } from "bun:test";
import { utf8 } from "../../../base/index.ts";
import { EventWatch, JsonWatch } from "./answer-watch.ts";

const withName = (data: { type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const dataOnly = (data: { type: string }): string => `data: ${JSON.stringify(data)}\n\n`;
const crlf = (data: { type: string }): string => withName(data).replaceAll("\n", "\r\n");
const typeLast = ({ type, ...rest }: { type: string }): string => `data:${JSON.stringify({ ...rest, type })}\n\n`;

const start = {
  type: "message_start",
  message: { usage: { input_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 1 } },
};
const blockStart = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "message_stop" } };
const end = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 42, input_tokens: null } };
const stop = { type: "message_stop" };

describe("EventWatch", () => {
  for (const [name, frame] of Object.entries({ withName, dataOnly, crlf, typeLast })) {
    test(`follows a whole stream, cut at every byte (${name})`, () => {
      const watch = new EventWatch();
      const push = (event: { type: string }): void => {
        for (const byte of utf8(frame(event))) watch.push(Uint8Array.of(byte));
      };
      expect([watch.usage, watch.complete, watch.failure, watch.atBoundary, watch.contentSeen]).toEqual([
        undefined,
        false,
        undefined,
        true,
        false,
      ]);
      push({ type: "ping" });
      expect(watch.usage).toBeUndefined();
      push(start);
      expect(watch.usage).toEqual({ input: 5, cacheRead: 100, cacheWrite: 20, output: 1 });
      push({ type: "ping" });
      expect(watch.contentSeen).toBe(false);
      push(blockStart);
      expect(watch.contentSeen).toBe(true);
      push(delta);
      push(end);
      expect(watch.usage).toEqual({ input: 5, cacheRead: 100, cacheWrite: 20, output: 42 });
      expect(watch.complete).toBe(false);
      push(stop);
      expect([watch.complete, watch.failure, watch.atBoundary]).toEqual([true, undefined, true]);
    });
  }

  test("sees nothing in comments, unknown events and broken data", () => {
    const watch = new EventWatch();
    watch.push(
      utf8(": keep alive\n\nevent: message_delta\ndata: {broken\n\ndata: []\n\nevent: news\ndata: {}\n\nevent: message_stop\n\n"),
    );
    expect([watch.usage, watch.complete, watch.failure, watch.contentSeen]).toEqual([undefined, false, undefined, false]);
  });

  test("is at no boundary inside an event", () => {
    const watch = new EventWatch();
    watch.push(utf8(withName(start).slice(0, -1)));
    expect(watch.atBoundary).toBe(false);
    watch.push(utf8("\n"));
    expect(watch.atBoundary).toBe(true);
  });

  test("names the failure of an error event", () => {
    const failureOf = (frame: string): string | undefined => {
      const watch = new EventWatch();
      watch.push(utf8(withName(start) + frame));
      return watch.failure;
    };
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    expect(failureOf(withName(error))).toBe("overloaded_error");
    expect(failureOf(dataOnly(error))).toBe("overloaded_error");
    expect(failureOf("event: error\ndata: upstream fell over\n\n")).toBe("error");
    expect(failureOf("event: error\n\n")).toBe("error");
    expect(failureOf(withName(delta))).toBeUndefined();
  });
});

test("JsonWatch learns only that the answer began, and allows nothing in between", () => {
  const watch = new JsonWatch();
  watch.push(new Uint8Array(0));
  expect([watch.contentSeen, watch.atBoundary]).toEqual([false, false]);
  watch.push(utf8("{"));
  expect([watch.contentSeen, watch.atBoundary, watch.complete, watch.usage]).toEqual([true, false, false, undefined]);
});
