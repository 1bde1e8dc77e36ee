import { describe, expect, test } from "bun:test";
import { MillraceError, text } from "../../base/index.ts";
import { PATHS, type Path, probe, request } from "./testing.ts";

const decoder = new TextDecoder();
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Reads on in the background; `text` and `failure` show what has come so far. */
function reading(body: ReadableStream<Uint8Array> | null): { text: string; failure: unknown; done: boolean } {
  const state = { text: "", failure: undefined as unknown, done: false };
  const read = async () => {
    try {
      for await (const chunk of body ?? []) state.text += decoder.decode(chunk);
      state.done = true;
    } catch (error) {
      state.failure = error;
    }
  };
  void read();
  return state;
}

const deltas = (sse: string): number => sse.split('"type":"text_delta"').length - 1;
const stream = (path: Path, content: string) => ({ ...request(path, content), stream: true });

describe("pace", () => {
  test("head at once, content after the time to first token, then at the given rate", async () => {
    const { send, clock } = probe({ pace: { firstTokenMs: 400, tokensPerSecond: 50, chunkTokens: 2 } });
    const seen = reading((await send("/v1/messages", stream("/v1/messages", "[[words 20]]"))).body);
    await clock.advance(399);
    expect(seen.text).toContain("message_start");
    expect(deltas(seen.text)).toBe(0);
    await clock.advance(1);
    expect(deltas(seen.text)).toBe(1);
    await clock.advance(40);
    expect(deltas(seen.text)).toBe(2);
    await clock.advance(400);
    expect(deltas(seen.text)).toBe(12);
    await clock.advance(60_000);
    expect(seen.text).toEndWith('message_stop"}\n\n');
    expect(clock.pendingCount).toBe(0);
  });

  test("a plain answer takes as long as its stream", async () => {
    const { send, clock } = probe({ pace: { firstTokenMs: 100, tokensPerSecond: 10, chunkTokens: 1 } });
    let answered = false;
    const answer = send("/v1/messages", { ...request("/v1/messages", "[[say 12345678]]") }).then(() => {
      answered = true;
    });
    await clock.advance(299);
    expect(answered).toBe(false);
    await clock.advance(1);
    await answer;
    expect(clock.pendingCount).toBe(0);
  });

  test("[[pace MS]] waits that long before every piece", async () => {
    const { send, clock } = probe();
    const seen = reading((await send("/v1/messages", stream("/v1/messages", "[[pace 20]] [[words 50]]"))).body);
    await clock.advance(100);
    expect(deltas(seen.text)).toBe(5);
  });

  test("pace 0 sets no timer", async () => {
    const { send, clock } = probe();
    for (const path of PATHS) {
      const seen = reading((await send(path, stream(path, "[[words 500]]"))).body);
      for (let turn = 0; turn < 100 && !seen.done; turn++) await settled();
      expect(seen.done).toBe(true);
      expect(clock.monotonic()).toBe(0);
      expect(clock.pendingCount).toBe(0);
    }
  });

  test("a reader that does not read holds the model back", async () => {
    const { send, clock } = probe({ pace: { firstTokenMs: 0, tokensPerSecond: 100, chunkTokens: 1 } });
    const reader = (await send("/v1/messages", stream("/v1/messages", "[[words 100]]"))).body?.getReader();
    await clock.advance(10_000);
    expect(clock.pendingCount).toBe(0);
    const first = await reader?.read();
    expect(text(first?.value ?? new Uint8Array())).toContain("message_start");
    await reader?.cancel();
  });
});

describe("leaving", () => {
  const slow = { pace: { firstTokenMs: 1000, tokensPerSecond: 1, chunkTokens: 1 } };

  test("cancelling the body stops its timer", async () => {
    const { send, clock } = probe(slow);
    const reader = (await send("/v1/messages", stream("/v1/messages", "[[words 9]]"))).body?.getReader();
    for (let event = 0; event < 3; event++) await reader?.read();
    const waiting = reader?.read();
    await settled();
    expect(clock.pendingCount).toBe(1);
    await reader?.cancel();
    await waiting;
    expect(clock.pendingCount).toBe(0);
  });

  test.each(["[[words 9]]", "[[silent]]"])("aborting the request ends the stream of %s with the reason", async (content) => {
    const { send, clock } = probe(slow);
    const leaving = new AbortController();
    const seen = reading((await send("/v1/messages", stream("/v1/messages", content), { signal: leaving.signal })).body);
    await clock.advance(1500);
    expect(seen.failure).toBeUndefined();
    const reason = new Error("the client left");
    leaving.abort(reason);
    await settled();
    expect(seen.failure).toBe(reason);
    expect(clock.pendingCount).toBe(0);
  });

  test("aborting rejects a plain answer that is not there yet", async () => {
    const { send, clock } = probe(slow);
    const leaving = new AbortController();
    const answer = send("/v1/messages", request("/v1/messages", "hi"), { signal: leaving.signal }).catch(
      (error: unknown) => error,
    );
    await clock.advance(500);
    expect(clock.pendingCount).toBe(1);
    leaving.abort("gone");
    expect(await answer).toBe("gone");
    expect(clock.pendingCount).toBe(0);
  });
});

describe.each([...PATHS])("faults of %s", (path: Path) => {
  test("[[cut]] fails the stream, and the document, in the middle", async () => {
    const { send } = probe();
    for (const body of [stream(path, "[[think a while]] [[words 50]] [[cut]]"), request(path, "[[words 50]] [[cut]]")]) {
      const seen = reading((await send(path, body)).body);
      for (let turn = 0; turn < 20 && !seen.failure; turn++) await settled();
      expect(MillraceError.is(seen.failure, "upstream_cut")).toBe(true);
      expect(seen.text.length).toBeGreaterThan(100);
      expect(seen.text).not.toMatch(/message_stop|\[DONE\]|response\.completed|\}$/);
    }
  });

  test("[[stream-error]] ends the stream with an error event and without a terminal event", async () => {
    const { send } = probe();
    const sse = await (
      await send(path, stream(path, "[[think for long, longer than the words]] [[say ok]] [[stream-error server_error]]"))
    ).text();
    expect(sse).toContain("server_error");
    expect(sse).not.toMatch(/message_stop|\[DONE\]|response\.completed/);
    expect(sse.trimEnd().split("\n\n").at(-1)).toContain("error");
  });

  test("[[silent]] answers headers and no more", async () => {
    const { send, clock } = probe();
    for (const body of [stream(path, "[[silent]]"), request(path, "[[silent]]")]) {
      const answer = await send(path, body);
      const seen = reading(answer.body);
      await clock.advance(600_000);
      expect([answer.status, seen.text, seen.done]).toEqual([200, "", false]);
      expect(clock.pendingCount).toBe(0);
    }
  });
});
