import { afterEach, expect, test } from "bun:test";
import { MillraceError, VirtualClock } from "../../base/index.ts";
import { answerAsks } from "./answer-asks.ts";
import type { HostMessage, HostReply } from "./host-messages.ts";
import type { HostedCalls } from "./hosted-calls.ts";
import { WorkspaceThread, type WorkspaceThreadOptions } from "./workspace-thread.ts";

const LIMITS = { asksMax: 3, askMsMax: 1000, noticeMsMax: 100, idleMsMax: 10_000 };
const textOf = (json: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(json));

/** The other side of a border, in this thread: messages cross as real ones do, copied and later. */
class NearWorker extends EventTarget {
  readonly asked: HostMessage[] = [];
  isEnded = false;
  /** Takes no notice of anything. */
  isStuck = false;
  readonly #answer: (message: HostMessage) => void;

  constructor(calls: Partial<HostedCalls>, close = async () => {}) {
    super();
    this.#answer = answerAsks({ calls: calls as HostedCalls, close }, (reply) => this.say(reply));
  }

  say(reply: HostReply): void {
    const data = structuredClone(reply);
    queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
  }

  postMessage(message: HostMessage): void {
    this.asked.push(structuredClone(message));
    if (!this.isStuck && !this.isEnded) queueMicrotask(() => this.#answer(message));
  }

  terminate(): void {
    this.isEnded = true;
  }
}

function make(calls: Partial<HostedCalls>, close?: () => Promise<void>) {
  const clock = new VirtualClock(0, setImmediate);
  const workers: NearWorker[] = [];
  const startWorker: WorkspaceThreadOptions["startWorker"] = () => {
    const worker = new NearWorker(calls, close);
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { clock, workers, thread: new WorkspaceThread({ clock, startWorker, ...LIMITS }) };
}

const glob = { pattern: "*", limit: 10 };
const never = () => new Promise<never>(() => {});

test("answers are what was computed there, as JSON; each asker gets its own; one thread serves all", async () => {
  const { thread, workers } = make({ glob: async ({ pattern }) => ({ paths: [pattern, "ü"], isComplete: true }) });
  expect(workers).toHaveLength(0);
  const asks = ["a", "b", "c"].map((pattern) => thread.ask("glob", { pattern, limit: 1 }));
  const paths = (await Promise.all(asks)).map((json) => (textOf(json) as { paths: string[] }).paths);
  expect(paths).toEqual([
    ["a", "ü"],
    ["b", "ü"],
    ["c", "ü"],
  ]);
  expect(workers).toHaveLength(1);
  expect(thread.stats()).toEqual({ asks: 3, underWay: 0, threadsStarted: 1, threadsFailed: 0 });
});

test("errors cross with their codes; one that nobody expected fails its own ask alone", async () => {
  const { thread, workers } = make({
    glob: async () => {
      throw new MillraceError("pattern_invalid", "The glob is none.");
    },
    commit: async () => {
      throw new TypeError("undefined is not a thing");
    },
  });
  const refused = await thread.ask("glob", glob).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(MillraceError);
  expect(refused).toMatchObject({ code: "pattern_invalid", message: "The glob is none." });
  const failed = await thread.ask("commit", { name: "x" }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "workspace_failed" });
  expect(String((failed as Error).cause)).toContain("undefined is not a thing");
  expect(workers[0]?.isEnded).toBe(false);
  expect(thread.stats().threadsFailed).toBe(0);
});

test("who leaves is free at once; the work is told, and its place is free when it has ended", async () => {
  const told: unknown[] = [];
  let end = () => {};
  const { thread, clock } = make({
    glob: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => told.push(signal.aborted));
        end = () => reject(new Error("over"));
      }),
  });
  const leave = new AbortController();
  const asked = thread.ask("glob", glob, leave.signal);
  const reason = new Error("left");
  leave.abort(reason);
  await expect(asked).rejects.toBe(reason);
  await clock.advance(LIMITS.noticeMsMax + 1);
  expect(told).toEqual([true]);
  expect(thread.stats()).toMatchObject({ underWay: 1, threadsFailed: 0 });
  end();
  await clock.advance(1);
  expect(thread.stats()).toMatchObject({ underWay: 0, threadsFailed: 0 });
  await expect(thread.ask("glob", glob, leave.signal)).rejects.toBe(reason);
});

test("more than may be under way are refused, and none of them reaches the thread", async () => {
  const { thread, workers } = make({ glob: never });
  const asks = Array.from({ length: LIMITS.asksMax }, () => thread.ask("glob", glob).catch(() => {}));
  await expect(thread.ask("glob", glob)).rejects.toMatchObject({ code: "workspace_full" });
  expect(workers[0]?.asked).toHaveLength(LIMITS.asksMax);
  await thread.close();
  await Promise.all(asks);
});

test("an ask over its time is left; the thread lives when it takes notice, and is ended with all asks when it does not", async () => {
  const { thread, workers, clock } = make({ glob: never, commit: never });
  const late = thread.ask("glob", glob).catch((error: unknown) => error);
  await clock.advance(LIMITS.askMsMax / 2);
  const other = thread.ask("commit", { name: "main" }).catch((error: unknown) => error);
  await clock.advance(LIMITS.askMsMax / 2 + 1);
  expect(await late).toMatchObject({ code: "workspace_failed" });
  expect(thread.stats()).toMatchObject({ underWay: 2, threadsFailed: 0 });
  const [stuck] = workers;
  if (stuck) stuck.isStuck = true;
  await clock.advance(LIMITS.askMsMax / 2 + LIMITS.noticeMsMax);
  expect(await other).toMatchObject({ code: "workspace_failed" });
  await clock.advance(LIMITS.noticeMsMax);
  expect(stuck?.isEnded).toBe(true);
  expect(thread.stats()).toMatchObject({ underWay: 0, threadsFailed: 1 });
});

test("a thread that ended is replaced with the next ask, later after each end in a row; an answer makes up for them", async () => {
  const { thread, workers, clock } = make({ glob: async () => ({ paths: [], isComplete: true }) });
  const crash = async () => {
    const asked = thread.ask("glob", glob).catch((error: unknown) => error);
    workers.at(-1)?.dispatchEvent(new Event("close"));
    expect(await asked).toMatchObject({ code: "workspace_failed" });
  };
  await crash();
  await crash();
  expect(workers).toHaveLength(2);
  await expect(thread.ask("glob", glob)).rejects.toMatchObject({ code: "workspace_failed" });
  expect(workers).toHaveLength(2);
  await clock.advance(500);
  await crash();
  await clock.advance(999);
  await expect(thread.ask("glob", glob)).rejects.toMatchObject({ code: "workspace_failed" });
  await clock.advance(1);
  expect(textOf(await thread.ask("glob", glob))).toEqual({ paths: [], isComplete: true });
  await crash();
  await thread.ask("glob", glob);
  expect(workers.every(({ isEnded }, index) => isEnded === index < workers.length - 1)).toBe(true);
});

test("a thread that nobody asks ends after it closed what it has open; the next ask begins another", async () => {
  const closed: string[] = [];
  const { thread, workers, clock } = make({ glob: async () => ({ paths: [], isComplete: true }) }, async () => {
    closed.push("closed");
  });
  await thread.ask("glob", glob);
  await clock.advance(LIMITS.idleMsMax - 1);
  await thread.ask("glob", glob);
  await clock.advance(LIMITS.idleMsMax - 1);
  expect(closed).toEqual([]);
  await clock.advance(2);
  expect([closed, workers[0]?.isEnded]).toEqual([["closed"], true]);
  await thread.ask("glob", glob);
  expect(workers).toHaveLength(2);
  expect(thread.stats().threadsFailed).toBe(0);
});

test("closing waits for the thread to close, but not for ever, and refuses what comes later", async () => {
  const { thread, workers, clock } = make({ glob: never });
  const asked = thread.ask("glob", glob).catch((error: unknown) => error);
  await clock.advance(1);
  for (const worker of workers) worker.isStuck = true;
  const closing = thread.close();
  expect(await asked).toMatchObject({ code: "shutting_down" });
  await clock.advance(LIMITS.noticeMsMax);
  await closing;
  expect(workers[0]?.isEnded).toBe(true);
  await expect(thread.ask("glob", glob)).rejects.toMatchObject({ code: "shutting_down" });
  await thread.close();
});

test("bounds that bound nothing are refused", () => {
  const startWorker = () => new NearWorker({}) as unknown as Worker;
  for (const name of ["asksMax", "askMsMax", "noticeMsMax", "idleMsMax"]) {
    for (const value of [0, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => new WorkspaceThread({ clock: new VirtualClock(), startWorker, [name]: value })).toThrow(name);
    }
  }
});

const real: WorkspaceThread[] = [];
afterEach(async () => {
  for (const thread of real.splice(0)) await thread.close();
});

test("a real thread that dies of an error, or ends itself, is told as such and replaced", async () => {
  const script = `
    self.onmessage = ({ data }) => {
      if (data.kind === "close") return self.postMessage({ kind: "closed" });
      const { pattern } = data.ask;
      if (pattern === "throw") throw new Error("on its own");
      if (pattern === "exit") process.exit(1);
      const json = new TextEncoder().encode(JSON.stringify({ paths: [pattern], isComplete: true }));
      self.postMessage({ kind: "answer", id: data.id, json }, [json.buffer]);
    };`;
  const source = URL.createObjectURL(new Blob([script], { type: "application/javascript" }));
  const clock = new VirtualClock();
  const thread = new WorkspaceThread({ clock, startWorker: () => new Worker(source) });
  real.push(thread);
  const paths = async (pattern: string) => textOf(await thread.ask("glob", { pattern, limit: 1 }));
  expect(await paths("one")).toEqual({ paths: ["one"], isComplete: true });
  await expect(paths("throw")).rejects.toMatchObject({ code: "workspace_failed" });
  expect(await paths("two")).toEqual({ paths: ["two"], isComplete: true });
  await expect(paths("exit")).rejects.toMatchObject({ code: "workspace_failed" });
  expect(await paths("three")).toEqual({ paths: ["three"], isComplete: true });
  expect(thread.stats()).toMatchObject({ threadsStarted: 3, threadsFailed: 2 });
});
