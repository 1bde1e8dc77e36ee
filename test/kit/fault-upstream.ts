// An upstream that misbehaves on purpose, on a raw socket, so that it can do what no HTTP server would. A test says what
// each request meets; the faults themselves are in faults.ts, addresses where nobody answers in unreachable.ts.
// What it sends where nothing is wrong comes from the scripted model, so it fits the request's dialect.

import net from "node:net";
import { seededRandom, systemClock, utf8 } from "../../src/base/index.ts";
import { scriptedModel } from "../../src/gateway/index.ts";
import { type RawRequest, rawRequestParser } from "./raw-request.ts";

/** The upstream's end of one connection. */
export interface Wire {
  /** Resolves when the bytes are with the kernel, or the connection is gone. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Ends the sending side with FIN. */
  finish(): void;
  /** Tears the connection down with RST. */
  reset(): void;
  /** Takes no more bytes from the client: its sending stalls when the buffers between are full. */
  stopReading(): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
}

/** A right answer to a request, to be spoiled. */
export interface RightAnswer {
  readonly status: number;
  /** Without any that frame the message. */
  readonly headers: readonly (readonly [string, string])[];
  /** The whole body. */
  readonly body: Uint8Array;
  /** The body's events, each with its blank line; one piece for a JSON answer. */
  readonly pieces: readonly string[];
}

export type Fault =
  /** As soon as the connection is made, or as soon as the request's head is there: before its body is read. */
  | { readonly stage: "connection" | "head"; readonly act: (wire: Wire) => void }
  /** When a whole request was read. */
  | { readonly stage: "request"; readonly act: (wire: Wire, answer: RightAnswer) => Promise<void> };

export interface FaultUpstream {
  readonly url: string;
  readonly port: number;
  /** Whole requests, oldest first. */
  readonly requests: readonly RawRequest[];
  /** Connections made so far, and those still open. */
  readonly counts: Readonly<{ connections: number; open: number }>;
  /** Every request that `once` says nothing about meets this. At first: a right answer. */
  behave(fault: Fault): void;
  /** The next request meets this; several calls queue up. */
  once(fault: Fault): void;
  /** The next whole request to arrive after this call. */
  next(): Promise<RawRequest>;
  close(): Promise<void>;
}

export const rightAnswer: Fault = {
  stage: "request",
  async act(wire, answer) {
    const length = ["content-length", String(answer.body.byteLength)] as const;
    await wire.write(head(answer.status, [...answer.headers, length]));
    await wire.write(answer.body);
  },
};

export async function faultUpstream(): Promise<FaultUpstream> {
  const model = scriptedModel({ clock: systemClock, random: seededRandom(1), pace: 0 });
  const sockets = new Set<net.Socket>();
  const requests: RawRequest[] = [];
  const counts = { connections: 0, open: 0 };
  const queued: Fault[] = [];
  let usual: Fault = rightAnswer;
  let waiting: ((request: RawRequest) => void)[] = [];
  const plan: Plan = {
    take(stage) {
      const fault = queued[0] ?? usual;
      if (STAGES.indexOf(fault.stage) > STAGES.indexOf(stage)) return undefined;
      queued.shift();
      return fault;
    },
    async answer(wire, fault, request) {
      if (fault.stage === "request") await fault.act(wire, await rightAnswerTo(model, request));
      else fault.act(wire);
    },
    arrived(request) {
      requests.push(request);
      for (const notify of waiting.splice(0)) notify(request);
    },
  };
  const server = net.createServer({ noDelay: true }, (socket) => {
    counts.connections += 1;
    counts.open += 1;
    sockets.add(socket);
    socket.on("close", () => {
      counts.open -= 1;
      sockets.delete(socket);
    });
    serve(socket, plan);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    counts,
    behave: (fault) => {
      usual = fault;
    },
    once: (fault) => {
      queued.push(fault);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      waiting = [];
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const STAGES: readonly Fault["stage"][] = ["connection", "head", "request"];

/** What the connections ask the upstream: what to do at a stage, if anything, and to note what arrived. */
interface Plan {
  /** A fault of an earlier stage that was set too late for it (on a connection kept alive) happens at the next. */
  take(stage: Fault["stage"]): Fault | undefined;
  answer(wire: Wire, fault: Fault, request: RawRequest): Promise<void>;
  arrived(request: RawRequest): void;
}

function serve(socket: net.Socket, plan: Plan): void {
  const wire = wireOf(socket);
  const parser = rawRequestParser();
  let spoiled = false;
  let turn = Promise.resolve();
  const early = (stage: "connection" | "head"): void => {
    const fault = plan.take(stage);
    if (!fault || fault.stage === "request") return;
    spoiled = true;
    turn = turn.then(() => fault.act(wire));
  };
  early("connection");
  socket.on("data", (bytes: Buffer) => {
    if (spoiled) return;
    const whole = parser.push(bytes);
    if (parser.headSeen || whole.length > 0) early("head");
    if (spoiled) return;
    for (const request of whole) {
      const fault = plan.take("request") ?? rightAnswer;
      plan.arrived(request);
      turn = turn.then(() => plan.answer(wire, fault, request));
    }
  });
}

/** The head of an HTTP/1.1 response, blank line included. */
export function head(status: number, headers: readonly (readonly [string, string])[]): string {
  return `HTTP/1.1 ${status} Answer\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

function wireOf(socket: net.Socket): Wire {
  // A peer that leaves is what these tests are about.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    write: (bytes) =>
      socket.destroyed || socket.writableEnded
        ? Promise.resolve()
        : new Promise((resolve) => {
            void closed.then(resolve);
            socket.write(typeof bytes === "string" ? utf8(bytes) : bytes, () => resolve());
          }),
    finish: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
    stopReading: () => {
      socket.pause();
    },
    closed,
  };
}

const FRAMING = new Set(["content-length", "transfer-encoding", "connection"]);

async function rightAnswerTo(
  model: (request: Request) => Promise<Response>,
  { method, target, headers, body }: RawRequest,
): Promise<RightAnswer> {
  const bytes = Uint8Array.from(body);
  const answer = await model(
    new Request(`http://127.0.0.1${target}`, {
      method,
      headers,
      ...(method === "GET" || method === "HEAD" ? {} : { body: bytes }),
    }),
  );
  const whole = await answer.bytes();
  const pieces = new TextDecoder().decode(whole).split(/(?<=\n\n)/);
  return { status: answer.status, headers: [...answer.headers].filter(([name]) => !FRAMING.has(name)), body: whole, pieces };
}
