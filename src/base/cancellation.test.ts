import { describe, expect, test } from "bun:test";
import { Cancellation } from "./cancellation.ts";

describe("Cancellation", () => {
  test("tells each listener once, in order, with the first reason", () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const first = () => heard.push("first");
    cancellation.addEventListener("abort", first);
    cancellation.addEventListener("abort", first);
    cancellation.addEventListener("abort", () => heard.push("second"));
    cancellation.abort("gone");
    cancellation.abort("again");
    expect(heard).toEqual(["first", "second"]);
    expect(cancellation.aborted).toBe(true);
    expect(cancellation.reason).toBe("gone");
    expect(() => cancellation.throwIfAborted()).toThrow("gone");
  });

  test("never tells who was removed, not even by another listener while it aborts", () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const removed = () => heard.push("removed");
    cancellation.addEventListener("abort", () => cancellation.removeEventListener("abort", removed));
    cancellation.addEventListener("abort", removed);
    cancellation.addEventListener("abort", () => heard.push("last"));
    cancellation.abort();
    cancellation.addEventListener("abort", removed);
    expect(heard).toEqual(["last"]);
    expect((cancellation.reason as Error).name).toBe("AbortError");
  });

  test("becomes a signal of the platform that aborts with it, before or after", () => {
    const cancellation = new Cancellation();
    const before = cancellation.toSignal();
    expect(before.aborted).toBe(false);
    cancellation.abort("gone");
    expect(before.reason).toBe("gone");
    expect(cancellation.toSignal().reason).toBe("gone");
  });
});
