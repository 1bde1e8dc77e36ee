import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";

test("the system's clock tells the time of the platform, and its monotonic time does not go back", () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  let last = systemClock.monotonic();
  for (let reading = 0; reading < 1000; reading++) {
    const next = systemClock.monotonic();
    expect(next).toBeGreaterThanOrEqual(last);
    last = next;
  }
});

test("a scheduled call runs once, a cancelled one never", async () => {
  const ran: string[] = [];
  const cancel = systemClock.schedule(0, () => ran.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => {
    systemClock.schedule(0, () => ran.push("first"));
    systemClock.schedule(1, resolve);
  });
  cancel();
  expect(ran).toEqual(["first"]);
});

test("a sleep ends when its signal aborts, with the signal's reason", async () => {
  const reason = new Error("left");
  const controller = new AbortController();
  const hour = 3_600_000;
  const asleep = systemClock.sleep(hour, controller.signal);
  controller.abort(reason);
  await expect(asleep).rejects.toBe(reason);
  await expect(systemClock.sleep(hour, AbortSignal.abort(reason))).rejects.toBe(reason);
  await systemClock.sleep(0);
});

test("a pending call does not keep the process alive", () => {
  const door = new URL("index.ts", import.meta.url).href;
  const script = `import { systemClock } from ${JSON.stringify(door)}; systemClock.schedule(3600000, () => {}); console.log("end");`;
  const run = Bun.spawnSync([process.execPath, "-e", script], { timeout: 20_000 });
  expect(run.stdout.toString()).toBe("end\n");
  expect(run.exitCode).toBe(0);
});
