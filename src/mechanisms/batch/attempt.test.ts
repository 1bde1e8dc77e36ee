import { expect, test } from "bun:test";
import { Cancellation, VirtualClock } from "../../base/index.ts";
import { attempt } from "./attempt.ts";
import { checkedOptions } from "./batch-options.ts";

class Watched extends Cancellation {
  listeners = 0;
  override addEventListener(type: "abort", listener: () => void): void {
    this.listeners++;
    super.addEventListener(type, listener);
  }
  override removeEventListener(type: "abort", listener: () => void): void {
    this.listeners--;
    super.removeEventListener(type, listener);
  }
}

test.each([
  ["resolves", async () => ["done"]],
  ["rejects", () => Promise.reject(new Error("failed"))],
  ["hangs", () => new Promise<string[]>(() => {})],
])("a commit that %s leaves neither timer nor listener", async (_, commit) => {
  const clock = new VirtualClock(0, setImmediate);
  const ends = new Watched();
  const ended = attempt(checkedOptions<string, string>({ commit, bytesOf: () => 1, clock }), ["item"], ends);
  expect([ends.listeners, clock.pendingCount]).toEqual([1, 1]);
  await clock.advance(11_000);
  await ended;
  expect([ends.listeners, clock.pendingCount]).toEqual([0, 0]);
});
