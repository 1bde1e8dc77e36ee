import { describe, expect, test } from "bun:test";
import { ask, failureOf, request } from "../../../test/kit/whole-answer.ts";
import { text, utf8 } from "../../base/index.ts";
import { fetchTransport } from "./fetch-transport.ts";

const URL_HERE = "http://model.invalid/v1/messages";

/** A body that gives these parts, then waits until it is cancelled. */
function endless(parts: readonly string[]): { body: ReadableStream<Uint8Array>; cancelled: Promise<unknown> } {
  const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
  const left = parts.map(utf8);
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = left.shift();
        if (next) controller.enqueue(next);
        else return new Promise(() => {});
      },
      cancel: resolve,
    },
    { highWaterMark: 0 },
  );
  return { body, cancelled };
}

test("a request reaches the function whole, and its answer comes back", async () => {
  const send = fetchTransport(async (call) => {
    const told = { method: call.method, asked: call.headers.get("x-ask"), body: await call.text() };
    return Response.json(told, { status: 201, headers: { "x-more": "yes", "content-length": "54" } });
  });
  const answer = await ask(send, URL_HERE, { body: utf8("hello"), headers: [["x-ask", "this"]] });
  expect([answer.status, answer.headers.get("x-more")]).toEqual([201, "yes"]);
  expect(JSON.parse(answer.text)).toEqual({ method: "POST", asked: "this", body: "hello" });
});

test("an answer without a body ends at once", async () => {
  const send = fetchTransport(async () => new Response(null, { status: 204 }));
  expect((await ask(send, URL_HERE)).body.byteLength).toBe(0);
});

test("a body that breaks off is a cut", async () => {
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  expect(
    await failureOf(
      ask(
        fetchTransport(async () => new Response(broken)),
        URL_HERE,
      ),
    ),
  ).toBe("upstream_cut");
});

describe("an abort", () => {
  test("before the answer is heard at once, by the function too", async () => {
    let heard: unknown;
    const send = fetchTransport((call) => {
      call.signal.addEventListener("abort", () => {
        heard = call.signal.reason;
      });
      return new Promise(() => {});
    });
    const call = send(request(URL_HERE));
    call.abort("reason");
    expect([await failureOf(call.response), heard]).toEqual(["reason", "reason"]);
  });

  test("before there is a reader cancels the body, and the reader gets nothing of it", async () => {
    const { body, cancelled } = endless(["a", "b"]);
    const call = fetchTransport(async () => new Response(body))(request(URL_HERE));
    const { pipe } = await call.response;
    call.abort("reason");
    const got: string[] = [];
    expect(await failureOf(pipe({ write: (chunk) => void got.push(text(chunk)) }))).toBe("reason");
    expect([got, await cancelled]).toEqual([[], "reason"]);
  });

  test("does not wait for a reader that waits for ever", async () => {
    const { body, cancelled } = endless(["a", "b"]);
    const call = fetchTransport(async () => new Response(body))(request(URL_HERE));
    const { pipe } = await call.response;
    const waits = Promise.withResolvers<void>();
    const failure = failureOf(
      pipe({
        write() {
          waits.resolve();
          return new Promise(() => {});
        },
      }),
    );
    await waits.promise;
    call.abort("reason");
    expect([await failure, await cancelled]).toEqual(["reason", "reason"]);
  });
});
