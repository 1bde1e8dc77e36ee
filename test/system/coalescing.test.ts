// Identical questions in flight share one upstream call: everyone gets the whole answer, whoever came late and whoever
// leaves, and the call ends when the last of them has left. What a test waits for is an event of the upstream, never time.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { text } from "../../src/base/index.ts";
import { type FaultUpstream, faultUpstream, head, type Wire } from "../kit/fault-upstream.ts";
import { cutAfter, refuses } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type SseEvent, SseReader } from "../kit/sse-reader.ts";

let upstream: FaultUpstream;
let millrace: Millrace;
beforeAll(async () => {
  upstream = await faultUpstream();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const FORMS: readonly (readonly [string, (content: string) => object])[] = [
  ["/v1/messages", (content) => ({ model: "m", max_tokens: 500, temperature: 0, messages: [{ role: "user", content }] })],
  ["/v1/chat/completions", (content) => ({ model: "m", temperature: 0, messages: [{ role: "user", content }] })],
  ["/v1/responses", (content) => ({ model: "m", temperature: 0, store: false, input: content })],
];
const [MESSAGES, message] = FORMS[0] as (typeof FORMS)[number];

const ask = (path: string, body: object, signal?: AbortSignal, headers: Record<string, string> = {}) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
    ...(signal ? { signal } : {}),
  });
const streamed = (content: string) => ({ ...message(content), stream: true });
const chunk = (piece: string) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;

interface Held {
  /** Sends the rest and ends. */
  finish(): void;
  /** The upstream's end of the call, once it has answered the first events. */
  readonly wire: Promise<Wire>;
  /** All bytes of the answer. */
  readonly whole: Promise<Uint8Array>;
}

/** The next call gets its first events; the rest comes when the test says so. */
function hold(events = 3): Held {
  const { promise: told, resolve: finish } = Promise.withResolvers<void>();
  const { promise: wire, resolve: began } = Promise.withResolvers<Wire>();
  const { promise: whole, resolve: known } = Promise.withResolvers<Uint8Array>();
  upstream.once({
    stage: "request",
    act: async (socket, { headers, pieces, body }) => {
      known(new Uint8Array(body));
      await socket.write(head(200, [...headers, ["transfer-encoding", "chunked"]]));
      if (events > 0) await socket.write(chunk(pieces.slice(0, events).join("")));
      began(socket);
      await told;
      await socket.write(`${chunk(pieces.slice(events).join(""))}0\r\n\r\n`);
    },
  });
  return { finish, wire, whole };
}

/** Reads events until `count` came, and goes on reading in the background. */
function reading(answer: Response): { first(count: number): Promise<void>; all: Promise<SseEvent[]>; reader: SseReader } {
  const reader = new SseReader(answer);
  const seen: SseEvent[] = [];
  let looks: (() => void)[] = [];
  const read = async () => {
    for await (const event of reader) {
      seen.push(event);
      for (const look of looks.splice(0)) look();
    }
    return seen;
  };
  const all = read();
  all.catch(() => {});
  return {
    reader,
    all,
    first: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (seen.length >= count) resolve();
          else looks = [...looks, look];
        };
        look();
      }),
  };
}

describe.each(FORMS)("%s", (path, body) => {
  test("100 identical streams are one upstream call, and each is whole", async () => {
    const before = upstream.requests.length;
    const held = hold();
    const question = { ...body("[[words 300]] a hundred"), stream: true };
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(path, question)));
    held.finish();
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    const whole = text(await held.whole);
    expect(whole.length).toBeGreaterThan(2000);
    expect(bodies.filter((found) => found !== whole)).toEqual([]);
    expect(upstream.requests.length - before).toBe(1);
    const outcomes = answers.map(({ headers }) => headers.get("x-millrace-cache"));
    expect([
      outcomes.filter((found) => found === "miss").length,
      outcomes.filter((found) => found === "coalesced").length,
    ]).toEqual([1, 99]);
    expect((await ask(path, question)).headers.get("x-millrace-cache")).toBe("hit");
  });

  test("100 identical plain questions are one upstream call", async () => {
    const before = upstream.requests.length;
    const { promise: told, resolve: answer } = Promise.withResolvers<void>();
    upstream.once({
      stage: "request",
      act: async (wire, { headers, body: bytes }) => {
        await told;
        await wire.write(head(200, [...headers, ["content-length", String(bytes.byteLength)]]));
        await wire.write(bytes);
      },
    });
    const asked = Array.from({ length: 100 }, () => ask(path, body("plain hundred")));
    while ((await millrace.metric("millrace_open_calls")) < 100) await new Promise(setImmediate);
    answer();
    const bodies = new Set(await Promise.all(asked.map(async (coming) => (await coming).text())));
    expect([upstream.requests.length - before, bodies.size]).toEqual([1, 1]);
  });
});

describe("a stream that is shared", () => {
  test("a late joiner gets what went before, then what comes", async () => {
    const held = hold(5);
    const first = reading(await ask(MESSAGES, streamed("late [[words 50]]")));
    await first.first(5);
    const late = await ask(MESSAGES, streamed("late [[words 50]]"));
    expect(late.headers.get("x-millrace-cache")).toBe("coalesced");
    const joined = reading(late);
    await joined.first(5); // The upstream has sent no more: these were kept for it.
    held.finish();
    await Promise.all([first.all, joined.all]);
    expect(joined.reader.raw).toEqual(new Uint8Array(await held.whole));
    expect(first.reader.raw).toEqual(new Uint8Array(await held.whole));
  });

  test("the leader leaves: those who joined get all of it, and it is stored", async () => {
    const before = upstream.requests.length;
    const held = hold();
    const leaving = new AbortController();
    const leader = reading(await ask(MESSAGES, streamed("leader leaves"), leaving.signal));
    await leader.first(2);
    const follower = reading(await ask(MESSAGES, streamed("leader leaves")));
    await follower.first(2);
    leaving.abort();
    await expect(leader.all).rejects.toThrow();
    held.finish();
    await follower.all;
    expect(follower.reader.raw).toEqual(new Uint8Array(await held.whole));
    expect((await ask(MESSAGES, streamed("leader leaves"))).headers.get("x-millrace-cache")).toBe("hit");
    expect(upstream.requests.length - before).toBe(1);
  });

  test("the leader leaves before the upstream said a word", async () => {
    const { promise: told, resolve: answer } = Promise.withResolvers<void>();
    const arriving = upstream.next();
    upstream.once({
      stage: "request",
      act: async (wire, { headers, body }) => {
        await told;
        await wire.write(head(200, [...headers, ["content-length", String(body.byteLength)]]));
        await wire.write(body);
      },
    });
    const leaving = new AbortController();
    const leader = ask(MESSAGES, streamed("early leader"), leaving.signal).catch((error: Error) => error.name);
    await arriving;
    const before = await millrace.metric("millrace_open_calls");
    const follower = ask(MESSAGES, streamed("early leader"));
    while ((await millrace.metric("millrace_open_calls")) < before + 1) await new Promise(setImmediate);
    leaving.abort();
    expect(await leader).toBe("AbortError");
    answer();
    expect(await (await follower).text()).toContain("message_stop");
  });

  test("a follower leaves: nobody else notices", async () => {
    const held = hold();
    const leader = reading(await ask(MESSAGES, streamed("follower leaves")));
    const leaving = new AbortController();
    const follower = reading(await ask(MESSAGES, streamed("follower leaves"), leaving.signal));
    await follower.first(1);
    leaving.abort();
    await expect(follower.all).rejects.toThrow();
    held.finish();
    await leader.all;
    expect(leader.reader.raw).toEqual(new Uint8Array(await held.whole));
  });

  test("all leave: the upstream call is aborted, nothing is stored, and the next asks anew", async () => {
    const held = hold();
    const leaving = Array.from({ length: 5 }, () => new AbortController());
    const readers = await Promise.all(
      leaving.map(async ({ signal }) => reading(await ask(MESSAGES, streamed("all leave"), signal))),
    );
    await Promise.all(readers.map((reader) => reader.first(1)));
    const wire = await held.wire;
    let gone = false;
    void wire.closed.then(() => {
      gone = true;
    });
    for (const controller of leaving.slice(1)) controller.abort();
    await Promise.allSettled(readers.slice(1).map(({ all }) => all));
    await (await fetch(`${millrace.url}/healthz`)).text(); // A round trip: time enough for a wrong abort to arrive.
    expect(gone).toBe(false);
    leaving[0]?.abort();
    await wire.closed;
    held.finish();
    expect((await ask(MESSAGES, streamed("all leave"))).headers.get("x-millrace-cache")).toBe("miss");
  });

  test("one who reads nothing delays nobody", async () => {
    const held = hold();
    const stalled = await ask(MESSAGES, streamed("stalled [[words 20000]]"));
    const quick = reading(await ask(MESSAGES, streamed("stalled [[words 20000]]")));
    held.finish();
    await quick.all;
    expect(quick.reader.raw).toEqual(new Uint8Array(await held.whole));
    expect(await stalled.bytes()).toEqual(new Uint8Array(await held.whole));
  });

  test("a cut is told to all, and the next asks anew", async () => {
    const { promise: when, resolve: cut } = Promise.withResolvers<void>();
    upstream.once(cutAfter({ how: "reset", events: 3, when }));
    const readers = await Promise.all([1, 2, 3].map(async () => reading(await ask(MESSAGES, streamed("all are cut")))));
    await Promise.all(readers.map((reader) => reader.first(3)));
    cut();
    for (const { all } of readers)
      expect((await all).at(-1)).toMatchObject({ event: "error", data: expect.stringContaining("api_error") });
    expect((await ask(MESSAGES, streamed("all are cut"))).headers.get("x-millrace-cache")).toBe("miss");
  });

  test("an error status is given to all, with its headers, and the next asks anew", async () => {
    const body = '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}';
    upstream.once(refuses(429, body, [["retry-after", "7"]]));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(MESSAGES, streamed("all are limited"))));
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(0);
    for (const answer of limited) expect([answer.headers.get("retry-after"), await answer.text()]).toEqual(["7", body]);
    expect((await ask(MESSAGES, message("all are limited"))).status).toBe(200);
  });

  test("a stream and a plain question are not the same flight, nor are those of two callers", async () => {
    const before = upstream.requests.length;
    const held = hold();
    const first = reading(await ask(MESSAGES, streamed("apart")));
    await first.first(1);
    expect((await ask(MESSAGES, message("apart"))).headers.get("x-millrace-cache")).toBe("miss");
    const other = await ask(MESSAGES, streamed("apart"), undefined, { "x-api-key": "sk-someone-else" });
    expect(other.headers.get("x-millrace-cache")).toBe("miss");
    await other.text();
    held.finish();
    await first.all;
    expect(upstream.requests.length - before).toBe(3);
  });

  test("what may not be answered again is not shared either", async () => {
    const before = upstream.requests.length;
    const question = { ...streamed("not shared"), temperature: 1 };
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(MESSAGES, question)));
    expect(answers.map(({ headers }) => headers.get("x-millrace-cache"))).toEqual(Array(5).fill("bypass"));
    await Promise.all(answers.map((answer) => answer.text()));
    expect(upstream.requests.length - before).toBe(5);
  });
});
