import { expect, test } from "bun:test";
import { orAbort } from "./abort.ts";

/** A signal that counts its listeners. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  return { controller, signal, listeners: () => listeners };
}

test("work that settles first decides, and leaves no listener", async () => {
  const { signal, listeners } = watchedSignal();
  expect(await orAbort(Promise.resolve("done"), signal)).toBe("done");
  const failure = new Error("failed");
  await expect(orAbort(Promise.reject(failure), signal)).rejects.toBe(failure);
  await Promise.resolve();
  expect(listeners()).toBe(0);
});

test("an abort decides at once, though the work goes on", async () => {
  const { controller, signal, listeners } = watchedSignal();
  const work = Promise.withResolvers<string>();
  const waiting = orAbort(work.promise, signal);
  expect(listeners()).toBe(1);
  const reason = new Error("left");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  work.resolve("late");
  expect(await work.promise).toBe("late");
  await Promise.resolve();
  expect(listeners()).toBe(0);
});

test("a signal that aborted before decides without waiting", async () => {
  const reason = new Error("gone");
  await expect(orAbort(new Promise(() => {}), AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("work that fails after the abort is not an unhandled rejection", async () => {
  const { controller, signal } = watchedSignal();
  const work = Promise.withResolvers<string>();
  const waiting = orAbort(work.promise, signal);
  controller.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  work.reject(new Error("late failure"));
  await new Promise<void>((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
