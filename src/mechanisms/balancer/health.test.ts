import { describe, expect, test } from "bun:test";
import { make } from "./testing.ts";

describe("failures in a row", () => {
  test("eject a backend, unless one answer came between; push-back and callers who leave are none", () => {
    const { ask, fail, health } = make();
    fail("a", 4);
    ask({ pinned: "a" }, { kind: "ok" });
    fail("a", 4);
    for (let at = 0; at < 20; at++) ask({ pinned: "a" }, { kind: at % 2 ? "pushed_back" : "left" });
    expect(health("a")).toBe("healthy");
    fail("a", 1);
    expect(health("a")).toBe("ejected");
  });

  test("that come after the ejection belong to it, and not to the time after", async () => {
    const { clock, choose, fail, health } = make();
    const late = Array.from({ length: 4 }, () => choose({ pinned: "a" }));
    fail("a");
    for (const choice of late) choice.done({ kind: "failed" });
    await clock.advance(30_000);
    fail("a", 1);
    expect(health("a")).toBe("returning");
  });

  test("are not soon forgotten: no live session is sent there, however short the wait", async () => {
    const { clock, ask, fail, sessionOf } = make();
    const key = sessionOf("b");
    const waitMs = (name: string) => (name === "a" ? 0 : 60_000);
    ask({ key });
    fail("a");
    await clock.advance(89_999);
    expect(ask({ key, waitMs })).toBe("b");
    await clock.advance(1);
    expect(ask({ key, waitMs })).toBe("a");
  });

  test("move its own sessions alone, not all to one place; none comes back when it returns", async () => {
    const { clock, ask, fail, health } = make({ count: 8 });
    const keys = Array.from({ length: 400 }, (_, at) => `s${at}`);
    const places = () => new Map(keys.map((key) => [key, ask({ key, tokens: 10 })]));
    const before = places();
    fail("a");
    const during = places();
    const moved = keys.filter((key) => before.get(key) !== during.get(key));
    expect(moved.every((key) => before.get(key) === "a")).toBe(true);
    expect(moved.length).toBe(keys.filter((key) => before.get(key) === "a").length);
    const goals = moved.map((key) => during.get(key));
    for (const goal of new Set(goals)) expect(goals.filter((one) => one === goal).length).toBeLessThan(moved.length / 2);
    await clock.advance(30_000);
    expect(health("a")).toBe("returning");
    expect(places()).toEqual(during);
    await clock.advance(30_000);
    expect(health("a")).toBe("healthy");
    expect(places()).toEqual(during);
    await clock.advance(30_000);
    // From now on it may relieve the busiest, session by session. No hash calls anybody back.
    const after = places();
    const called = moved.filter((key) => after.get(key) === "a");
    expect(called.length).toBeLessThan(moved.length / 10);
  });
});

describe("an ejection", () => {
  test("is longer with each in short succession, up to a limit, and forgotten in time", async () => {
    const { clock, balancer, fail } = make({ health: { ejectionMs: 1000, ejectionMsMax: 3000 } });
    const lengths: number[] = [];
    const ejectedFor = async () => {
      fail("a");
      const until = balancer.stats().backends[0]?.ejectedUntilMs ?? Number.NaN;
      lengths.push(until - clock.monotonic());
      await clock.advance(until - clock.monotonic());
    };
    for (let at = 0; at < 5; at++) await ejectedFor();
    expect(lengths).toEqual([1000, 2000, 3000, 3000, 3000]);
    await clock.advance(20_000);
    await ejectedFor();
    expect(lengths.at(-1)).toBe(1000);
  });

  test("is not ended by a probe that succeeds, and goes on while probes fail", async () => {
    const { clock, balancer, fail, health } = make({ health: { ejectionMs: 10_000 } });
    fail("a");
    for (let at = 0; at < 9; at++) {
      balancer.probed("a", true);
      await clock.advance(1000);
      expect(health("a")).toBe("ejected");
    }
    balancer.probed("a", false);
    await clock.advance(9999);
    expect(health("a")).toBe("ejected");
    balancer.probed("a", false);
    await clock.advance(5000);
    expect(health("a")).toBe("ejected");
    balancer.probed("a", true);
    expect(health("a")).toBe("returning");
    fail("a");
    balancer.probed("a", false);
    await clock.advance(20_000);
    expect(health("a")).toBe("returning");
  });

  test("comes of probes alone, too; an unknown name is ignored", () => {
    const { balancer, health } = make();
    for (let at = 0; at < 5; at++) {
      expect(health("a")).toBe("healthy");
      balancer.probed("a", false);
      balancer.probed("z", false);
    }
    expect(health("a")).toBe("ejected");
  });

  test("is followed by a slow start: new sessions come little by little", async () => {
    const { clock, ask, fail } = make({ count: 2, health: { ejectionMs: 1000, slowStartMs: 100_000 }, epsilon: 10 });
    fail("a");
    await clock.advance(1000);
    const shareOf = (prefix: string) => {
      const names = Array.from({ length: 1000 }, (_, at) => ask({ key: `${prefix}${at}`, tokens: 0 }, { kind: "left" }));
      return names.filter((name) => name === "a").length / names.length;
    };
    const first = shareOf("x");
    expect(first).toBeLessThan(0.15);
    await clock.advance(50_000);
    const second = shareOf("y");
    expect(second).toBeGreaterThan(0.25);
    expect(second).toBeLessThan(0.45);
    await clock.advance(50_000);
    expect(shareOf("z")).toBeGreaterThan(0.43);
  });
});

describe("against its peers", () => {
  test("a backend that fails clearly more often is ejected; what all suffer ejects nobody", async () => {
    const { clock, ask, health } = make({ health: { windowMs: 10_000 } });
    const round = async (isBad: (name: string) => boolean) => {
      for (let at = 0; at < 40; at++) {
        for (const pinned of ["a", "b", "c", "d"]) ask({ pinned }, { kind: at % 2 && isBad(pinned) ? "failed" : "ok" });
      }
      await clock.advance(10_000);
      ask();
    };
    await round(() => true);
    expect(["a", "b", "c", "d"].map(health)).toEqual(Array(4).fill("healthy"));
    await round((name) => name === "c");
    expect(["a", "b", "c", "d"].map(health)).toEqual(["healthy", "healthy", "ejected", "healthy"]);
  });

  test("a backend that is clearly slower for the same work is ejected; one that reads more is not", async () => {
    const { clock, ask, health } = make({ health: { windowMs: 10_000 }, prefillTokensPerSecond: 1000 });
    for (let at = 0; at < 30; at++) {
      for (const pinned of ["a", "b", "c"]) ask({ pinned }, { kind: "ok", firstTokenMs: 1500, uncachedTokens: 1000 });
      ask({ pinned: "d" }, { kind: "ok", firstTokenMs: 20_000, uncachedTokens: 20_000 });
    }
    await clock.advance(10_000);
    ask();
    expect(health("d")).toBe("healthy");
    for (let at = 0; at < 30; at++) {
      for (const pinned of ["a", "b", "c"]) ask({ pinned }, { kind: "ok", firstTokenMs: 1500, uncachedTokens: 1000 });
      ask({ pinned: "d" }, { kind: "ok", firstTokenMs: 6000, uncachedTokens: 1000 });
    }
    await clock.advance(10_000);
    ask();
    expect(["a", "b", "c", "d"].map(health)).toEqual(["healthy", "healthy", "healthy", "ejected"]);
  });
});

describe("when most are unhealthy", () => {
  test("half may be ejected; with one more, health is not asked", () => {
    const { choose, balancer, fail, health } = make();
    fail("a");
    fail("b");
    const names = Array.from({ length: 50 }, (_, at) => choose({ key: `s${at}`, tokens: 1 }).backend);
    expect([...new Set(names)].sort()).toEqual(["c", "d"]);
    expect(balancer.stats().isPanicking).toBe(false);
    fail("c");
    expect(balancer.stats().isPanicking).toBe(true);
    expect(["a", "b", "c", "d"].map(health)).toEqual(["unhealthy", "unhealthy", "unhealthy", "healthy"]);
    const choices = Array.from({ length: 50 }, (_, at) => choose({ key: `t${at}`, tokens: 1 }));
    expect(new Set(choices.map(({ backend }) => backend)).size).toBe(4);
    expect(choices.every(({ backend, reason }) => (backend === "d") !== (reason === "panic"))).toBe(true);
  });

  test("an ejected one serves what nobody else can", () => {
    const { choose, fail } = make();
    fail("a");
    expect(choose({ key: "s", among: (name) => name === "a" })).toMatchObject({ backend: "a", reason: "panic" });
  });
});
