import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { utf8 } from "../../src/base/index.ts";
import { type ScriptedServer, scriptedServer } from "./scripted-server.ts";
import { allEvents, SseReader } from "./sse-reader.ts";

let server: ScriptedServer;
beforeAll(() => {
  server = scriptedServer();
});
afterAll(() => server.close());

const ask = (content: string, more: object = {}, init: RequestInit = {}) =>
  fetch(`${server.url}/v1/messages?beta=true`, {
    method: "POST",
    body: JSON.stringify({ model: "claude-x", max_tokens: 1000, messages: [{ role: "user", content }], ...more }),
    ...init,
  });

describe("scriptedServer", () => {
  test("records what came, byte for byte, and how it ended", async () => {
    const arriving = server.next();
    const body = utf8('{ "model":"m",\n "max_tokens":5, "messages":[{"role":"user","content":"\\u0041 é"}] }');
    await (await fetch(`${server.url}/v1/messages?beta=true`, { method: "POST", body, headers: { "X-Own": "1" } })).text();
    const request = await arriving;
    expect(request.body).toEqual(body);
    expect([request.method, request.target, request.headers.get("x-own")]).toEqual(["POST", "/v1/messages?beta=true", "1"]);
    expect(await request.ended).toBe("finished");
    expect(request.abortedAt).toBeUndefined();
    expect(server.requests.at(-1)).toBe(request);
  });

  test("streams events to the end", async () => {
    const events = await allEvents(await ask("[[words 100]]", { stream: true }));
    expect(events[0]?.event).toBe("message_start");
    expect(events.at(-1)?.event).toBe("message_stop");
  });

  test("a client that leaves in the middle counts as aborted", async () => {
    const before = { ...server.counts };
    const arriving = server.next();
    for await (const event of new SseReader(await ask("[[pace 60000]] hi", { stream: true }))) if (event.event === "ping") break;
    const request = await arriving;
    expect(await request.ended).toBe("aborted");
    expect(request.abortedAt).toBeNumber();
    expect(server.counts).toEqual({ ...before, aborted: before.aborted + 1 });
  });

  test("a client that leaves a silent answer counts as aborted, streamed or plain", async () => {
    for (const stream of [true, false]) {
      const leaving = new AbortController();
      const arriving = server.next();
      const answer = ask("[[silent]]", { stream }, { signal: leaving.signal }).catch((error: Error) => error.name);
      const request = await arriving;
      leaving.abort();
      expect(await answer).toBe("AbortError");
      expect(await request.ended).toBe("aborted");
    }
  });

  test("a cut answer leaves the server in part, then the connection breaks", async () => {
    const arriving = server.next();
    const body = JSON.stringify({
      model: "claude-x",
      max_tokens: 1000,
      stream: true,
      messages: [{ role: "user", content: "[[words 100]] [[cut]]" }],
    });
    // On a bare socket: fetch may drop bytes that it has when the connection breaks right behind them.
    const received = await new Promise<string>((resolve) => {
      let text = "";
      const socket = net.connect(server.port, "127.0.0.1");
      socket.on("data", (bytes) => {
        text += bytes.toString();
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
      socket.write(`POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    expect(await (await arriving).ended).toBe("failed");
    expect(received).toContain("text_delta");
    expect(received).not.toContain("message_stop");
    await expect(ask("[[cut]]").then((answer) => answer.text())).rejects.toThrow();
  });
});
