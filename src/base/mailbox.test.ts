import { expect, test } from "bun:test";
import { Cancellation } from "./cancellation.ts";
import { Mailbox } from "./mailbox.ts";

test("things come in order; who is too slow is told what was lost, then goes on", async () => {
  const box = new Mailbox<string>(3, "lost");
  for (const item of ["a", "b", "c"]) box.put(item);
  const reader = box.read();
  expect((await reader.next()).value).toBe("a");
  const next = reader.next();
  expect((await next).value).toBe("b");
  for (const item of ["d", "e", "f", "g", "h"]) box.put(item);
  box.close();
  const rest: string[] = [];
  for await (const item of reader) rest.push(item);
  expect(rest).toEqual(["c", "lost", "h"]);
});

test("a reader that waits gets what comes, and leaves with its signal", async () => {
  const box = new Mailbox<string>(3, "lost");
  const signal = new Cancellation();
  const reader = box.read(signal);
  const first = reader.next();
  box.put("a");
  expect((await first).value).toBe("a");
  const second = reader.next();
  signal.abort();
  expect((await second).done).toBe(true);
  expect(() => new Mailbox(0, "lost")).toThrow(/mailbox/);
});
