import { describe, expect, test } from "bun:test";
import { MillraceError } from "../../base/index.ts";
import { Balancer } from "./index.ts";
import { make, named } from "./testing.ts";

describe("a session", () => {
  test("starts at its home, the same in every balancer, and stays where it is warm", () => {
    const [one, other] = [make(), make()];
    for (let at = 0; at < 50; at++) {
      const choice = one.choose({ key: `s${at}`, tokens: 0 });
      expect(choice.reason).toBe("home");
      choice.done();
      expect(other.ask({ key: `s${at}`, tokens: 0 })).toBe(choice.backend);
      expect(one.choose({ key: `s${at}`, tokens: 0 }).reason).toBe("warm");
    }
  });

  test("goes to its next choice when home is full, and stays there when home is empty again", async () => {
    const { clock, choose, fill, sessionOf } = make();
    const home = sessionOf("a");
    const empty = fill("a");
    const spilled = choose({ key: home });
    expect([spilled.reason, spilled.backend === "a"]).toEqual(["spill", false]);
    empty();
    spilled.done({ kind: "ok" });
    await clock.advance(1000);
    expect(choose({ key: home })).toMatchObject({ reason: "warm", backend: spilled.backend });
  });

  test("that was idle for longer than a prompt cache lives goes home again", async () => {
    const { clock, choose, fill, sessionOf } = make({ warmMs: 600_000 });
    const key = sessionOf("a");
    const empty = fill("a");
    choose({ key }).done({ kind: "ok" });
    empty();
    await clock.advance(600_001);
    expect(choose({ key })).toMatchObject({ reason: "home", backend: "a" });
  });

  test("with a request under way is not idle, however long that takes", async () => {
    const { clock, choose, fill, sessionOf } = make({ warmMs: 1000 });
    const key = sessionOf("a");
    const empty = fill("a");
    const long = choose({ key });
    empty();
    await clock.advance(10_000);
    expect(choose({ key })).toMatchObject({ reason: "warm", backend: long.backend });
  });

  test("leaves only when the wait it saves is longer than reading its prompt again", () => {
    const { choose, sessionOf } = make({ prefillTokensPerSecond: 1000 });
    const key = sessionOf("a");
    choose({ key, tokens: 10_000 }).done({ kind: "ok" });
    const waits = (own: number) => (name: string) => (name === "a" ? own : name === "b" ? 0 : 5000);
    expect(choose({ key, tokens: 10_000, waitMs: waits(9900) })).toMatchObject({ reason: "warm", backend: "a" });
    expect(choose({ key, tokens: 10_000, waitMs: waits(10_100) })).toMatchObject({ reason: "moved", backend: "b" });
  });

  test("learns from answers how fast a prompt is read", () => {
    const { choose, ask, sessionOf } = make({ prefillTokensPerSecond: 1000 });
    const key = sessionOf("a");
    choose({ key, tokens: 10_000 }).done({ kind: "ok" });
    for (let at = 0; at < 300; at++) ask({ pinned: "b" }, { kind: "ok", firstTokenMs: 1000, uncachedTokens: 10_000 });
    const waitMs = (name: string) => (name === "a" ? 1100 : 0);
    expect(choose({ key, tokens: 10_000, waitMs }).reason).toBe("moved");
  });

  test("that keeps its backend busy beyond its share moves when others share it, and not when it is alone there", async () => {
    const { clock, choose, sessionOf, ask } = make();
    const [one, other] = [sessionOf("a", "x"), sessionOf("a", "y")];
    const reasons: string[] = [];
    for (let at = 0; at < 20; at++) {
      const choice = choose({ key: one, tokens: 1000 });
      reasons.push(choice.reason);
      choice.done({ kind: "ok" });
      await clock.advance(1000);
    }
    expect(reasons).toEqual(["home", ...Array(19).fill("warm")]);
    let moved = 0;
    ask({ key: other, pinned: "a", tokens: 1000 });
    for (let at = 0; at < 60; at++) {
      for (const key of [one, other]) {
        const choice = choose({ key, tokens: 1000 });
        if (choice.reason === "moved") moved++;
        choice.done({ kind: "ok" });
        await clock.advance(500);
      }
    }
    expect(moved).toBe(1);
  });

  test("that is large and seldom used stays on a busy backend, for to read it again costs more than it relieves", async () => {
    const { clock, choose, ask, sessionOf } = make();
    const [large, busy] = [sessionOf("a", "l"), sessionOf("a", "b")];
    ask({ key: large, tokens: 2000 });
    for (let at = 0; at < 100; at++) {
      await clock.advance(2000);
      ask({ key: busy, pinned: "a", tokens: 1000 });
    }
    expect(choose({ key: large, tokens: 2000 })).toMatchObject({ backend: "a", reason: "warm" });
  });

  test("is forgotten, the one unused longest first, when there are more than may be", () => {
    const { ask, choose, balancer } = make({ sessionsMax: 10, epsilon: 10 });
    const reasonOf = (key: string) => {
      const choice = choose({ key });
      choice.done();
      return choice.reason;
    };
    ask({ key: "in use" });
    for (let at = 0; at < 100; at++) {
      ask({ key: `s${at}` });
      expect(reasonOf("in use")).toBe("warm");
    }
    const { sessions, backends } = balancer.stats();
    expect([sessions, backends.reduce((sum, backend) => sum + backend.sessions, 0)]).toEqual([10, 10]);
    expect(reasonOf("s95")).toBe("warm");
    expect(reasonOf("s10")).not.toBe("warm");
  });
});

describe("push-back", () => {
  test("keeps new sessions away for as long as it says, and drives away none that would have more to read elsewhere than to wait", async () => {
    const { clock, choose, ask, sessionOf } = make({ prefillTokensPerSecond: 1000 });
    const reasonOf = (key: string) => {
      const choice = choose({ key });
      choice.done();
      return choice.reason;
    };
    const [large, small] = [sessionOf("a", "large"), sessionOf("a", "small")];
    ask({ key: large, tokens: 10_100 });
    ask({ key: small, tokens: 9900 });
    ask({ key: large, tokens: 10_100 }, { kind: "pushed_back", retryAfterMs: 10_000 });
    expect(ask({ key: large, tokens: 10_100 })).toBe("a");
    expect(ask({ key: small, tokens: 9900 })).not.toBe("a");
    await clock.advance(10_000);
    expect(ask({ key: small, tokens: 9900 })).not.toBe("a");
    ask({ key: large, tokens: 10_100 }, { kind: "pushed_back", retryAfterMs: 10_000 });
    expect(reasonOf(sessionOf("a", "x"))).toBe("spill");
    await clock.advance(9999);
    expect(reasonOf(sessionOf("a", "y"))).toBe("spill");
    await clock.advance(1);
    expect(reasonOf(sessionOf("a", "z"))).toBe("home");
    ask({ pinned: "a" }, { kind: "pushed_back", retryAfterMs: 1e12 });
    await clock.advance(60_000);
    expect(reasonOf(sessionOf("a", "v"))).toBe("home");
  });
});

describe("a child", () => {
  test("starts where its parent is, unless that is full", () => {
    const { choose, fill, sessionOf } = make();
    const parent = sessionOf("a", "p");
    choose({ key: parent }).done({ kind: "ok" });
    const child = sessionOf("b", "c");
    expect(choose({ key: child, parent })).toMatchObject({ reason: "parent", backend: "a" });
    fill("a");
    expect(choose({ key: sessionOf("b", "d"), parent })).toMatchObject({ reason: "home", backend: "b" });
  });
});

describe("a retry", () => {
  const other = (name: string) => name !== "a";

  test("is a guest elsewhere: its session stays where it is", () => {
    const { choose, sessionOf } = make();
    const key = sessionOf("a");
    choose({ key }).done({ kind: "ok" });
    choose({ key }).done({ kind: "failed" });
    const guest = choose({ key, among: other });
    expect(guest.backend).not.toBe("a");
    guest.done({ kind: "ok" });
    expect(choose({ key })).toMatchObject({ reason: "warm", backend: "a" });
  });

  test("takes the session along when its backend is ejected, or never served it", () => {
    const { choose, sessionOf, fail } = make();
    const [warm, fresh] = [sessionOf("a", "w"), sessionOf("a", "f")];
    choose({ key: warm }).done({ kind: "ok" });
    choose({ key: fresh }).done({ kind: "failed" });
    const guest = choose({ key: fresh, among: other });
    guest.done({ kind: "ok" });
    expect(choose({ key: fresh })).toMatchObject({ reason: "warm", backend: guest.backend });
    const late = choose({ key: warm, among: other });
    fail("a");
    late.done({ kind: "ok" });
    expect(choose({ key: warm })).toMatchObject({ reason: "warm", backend: late.backend });
  });

  test("that is none, for home is left out again though it was not asked since, takes the session along", () => {
    const { choose, ask, sessionOf } = make();
    const key = sessionOf("a");
    ask({ key });
    const first = ask({ key, among: other });
    expect(choose({ key, among: other })).toMatchObject({ reason: "warm", backend: first });
    expect(ask({ key })).toBe(first);
  });

  test("is within a share of recent traffic, and a few are always", async () => {
    const { clock, ask, balancer } = make({ retryShare: 0.1 });
    const retries = () => {
      let granted = 0;
      while (balancer.mayRetry()) granted++;
      return granted;
    };
    expect(retries()).toBe(3);
    await clock.advance(60_000);
    for (let at = 0; at < 200; at++) ask();
    // Turned away before anything was sent.
    for (let at = 0; at < 1000; at++) ask({}, { kind: "left" });
    const granted = retries();
    expect(granted).toBeGreaterThanOrEqual(19);
    expect(granted).toBeLessThanOrEqual(23);
    expect(make({ retryShare: 0 }).balancer.mayRetry()).toBe(false);
  });
});

describe("without a session", () => {
  test("the less loaded of two drawn takes it", () => {
    const { choose } = make({ count: 2 });
    expect(choose({ tokens: 10 }).reason).toBe("two-choices");
    choose({ pinned: "a", tokens: 1000 });
    for (let at = 0; at < 20; at++) expect(choose({ tokens: 1 }).backend).toBe("b");
  });

  test("a prompt goes where its beginning was read, as long as a cache lives", async () => {
    const chain = [1, 2, 3].map((hash) => ({ hash, tokens: hash * 1000 }));
    const { clock, choose, ask } = make({ warmMs: 60_000 });
    const first = ask({ chain });
    expect(choose({ chain: [...chain, { hash: 4, tokens: 4000 }] })).toMatchObject({ reason: "prefix", backend: first });
    await clock.advance(60_001);
    expect(choose({ chain }).reason).toBe("two-choices");
  });

  test("a prompt's hashes are forgotten, those unused longest first, when there are more than may be", () => {
    const { ask, balancer, choose } = make({ prefixes: { entriesMax: 100 } });
    const chainOf = (at: number) => [0, 1, 2].map((mark) => ({ hash: `${at}-${mark}`, tokens: 5000 * (mark + 1) }));
    for (let at = 0; at < 1000; at++) {
      ask({ chain: chainOf(at) });
      ask({ chain: chainOf(0) });
    }
    expect(balancer.stats().prefixes).toBeLessThanOrEqual(100);
    expect(choose({ chain: chainOf(0) }).reason).toBe("prefix");
    expect(choose({ chain: chainOf(1) }).reason).toBe("two-choices");
    // Half of the room is for what was used last: 16 other beginnings of 3 hashes do not yet drive one out.
    for (let at = 2000; at < 2016; at++) ask({ chain: chainOf(at) });
    expect(choose({ chain: chainOf(999) }).reason).toBe("prefix");
  });
});

describe("a new session", () => {
  test("goes where its beginning was read, if that is worth leaving home for", () => {
    const { ask, choose, sessionOf } = make();
    const chain = [{ hash: "long", tokens: 50_000 }];
    ask({ pinned: "b", chain, tokens: 50_000 });
    expect(choose({ key: sessionOf("a"), chain })).toMatchObject({ reason: "prefix", backend: "b" });
    expect(choose({ key: sessionOf("a", "t"), chain: [{ hash: "new", tokens: 500 }] }).reason).toBe("home");
    const short = [{ hash: "short", tokens: 1000 }];
    ask({ pinned: "c", chain: short });
    expect(choose({ key: sessionOf("a", "u"), chain: short }).reason).toBe("home");
  });

  test("goes by score when that differs clearly, else home", () => {
    const scores: { [name: string]: number } = { a: 60, b: 65, c: 50, d: 40 };
    const { ask, choose, sessionOf } = make({ scoreOf: (name) => scores[name] });
    expect(choose({ key: sessionOf("a", "q") })).toMatchObject({ reason: "home", backend: "a" });
    scores.b = 71;
    const moved = choose({ key: sessionOf("a", "r") });
    expect([moved.reason, moved.backend]).toEqual(["score", "b"]);
    moved.done({ kind: "ok" });
    scores.b = 0;
    expect(ask({ key: sessionOf("a", "r") })).toBe("b");
  });

  test("stays in its region while that has room", () => {
    const backends = ["a", "b", "c", "d"].map((name) => ({ name, region: name < "c" ? "eu" : "us" }));
    const { choose, fill } = make({ backends });
    const chosen = Array.from({ length: 20 }, (_, at) => {
      const choice = choose({ key: `s${at}`, region: "us", tokens: 1 });
      choice.done({ kind: "ok" });
      return choice.backend;
    });
    expect([...new Set(chosen)].sort()).toEqual(["c", "d"]);
    for (const name of ["c", "d"]) fill(name);
    expect(["a", "b"]).toContain(choose({ key: "full", region: "us" }).backend);
  });
});

describe("who may take it", () => {
  test("what is pinned goes to its backend, whatever its state, or nowhere", () => {
    const { choose, balancer, fail } = make();
    fail("a");
    expect(choose({ pinned: "a", among: () => false })).toMatchObject({ reason: "pinned", backend: "a" });
    expect(balancer.choose({ pinned: "z", tokens: 1 })).toBeUndefined();
  });

  test("nobody able is said so", () => {
    const { balancer } = make({ backends: [{ name: "a" }, { name: "b", capabilities: ["gpu"] }] });
    expect(balancer.choose({ tokens: 1, needs: "gpu" })?.backend).toBe("b");
    expect(balancer.choose({ tokens: 1, needs: "tpu" })).toBeUndefined();
    expect(balancer.choose({ tokens: 1, among: () => false })).toBeUndefined();
    expect(balancer.stats().unable).toBe(2);
  });

  test("one over its capacity takes nothing while another can, not even what is warm there", () => {
    const { choose, sessionOf } = make({ backends: [{ name: "a", capacity: 1000 }, { name: "b" }] });
    const key = sessionOf("a");
    choose({ key, tokens: 600 });
    expect(choose({ key, tokens: 600 })).toMatchObject({ reason: "moved", backend: "b" });
  });

  test("one long request on an idle fleet makes nobody full but its own backend", () => {
    const { choose, sessionOf } = make({ count: 8 });
    expect(choose({ key: sessionOf("a"), tokens: 1_000_000 }).reason).toBe("home");
    for (const name of ["b", "c", "d", "e"]) expect(choose({ key: sessionOf(name), tokens: 10 }).reason).toBe("home");
  });
});

describe("nonsense in a request", () => {
  test("spoils nothing: tokens and times that are no numbers count as none", () => {
    const { ask, choose, balancer } = make();
    for (const tokens of [Number.NaN, -5, Number.POSITIVE_INFINITY]) {
      ask({ pinned: "a", tokens }, { kind: "ok", firstTokenMs: Number.NaN, uncachedTokens: Number.POSITIVE_INFINITY });
      choose({ pinned: "a", tokens });
    }
    expect(balancer.stats().backends[0]).toMatchObject({ outstandingRequests: 3, outstandingTokens: 0 });
    expect(choose({ key: "s", waitMs: () => Number.NaN }).reason).toBe("home");
    expect(choose({ key: "s", waitMs: () => Number.NaN }).reason).toBe("warm");
  });
});

describe("changing backends", () => {
  test("one that left takes nothing new; its sessions find another; what it had under way ends", () => {
    const { choose, balancer, sessionOf } = make();
    const key = sessionOf("a");
    const open = choose({ key });
    balancer.setBackends(named(4).slice(1));
    expect(choose({ key }).backend).not.toBe("a");
    expect(balancer.choose({ pinned: "a", tokens: 1 })).toBeUndefined();
    balancer.setBackends(named(4));
    expect(balancer.stats().backends[0]).toMatchObject({ name: "a", outstandingRequests: 1 });
    open.done();
    expect(balancer.stats().backends[0]).toMatchObject({ name: "a", outstandingRequests: 0, outstandingTokens: 0 });
  });

  test("nonsense is refused and changes nothing", () => {
    const { balancer } = make();
    for (const backends of [
      [{ name: "" }],
      [{ name: "a" }, { name: "a" }],
      [{ name: "a", weight: 0 }],
      [{ name: "a", capacity: -1 }],
    ]) {
      expect(() => balancer.setBackends(backends)).toThrow(expect.objectContaining({ code: "option_invalid" }));
    }
    expect(balancer.stats().backends.length).toBe(4);
  });
});

test("options that bound nothing are refused", () => {
  const wrong = [
    { epsilon: 0 },
    { warmMs: Number.NaN },
    { sessionsMax: Number.POSITIVE_INFINITY },
    { retryShare: 2 },
    { prefixes: { entriesMax: 0 } },
    { prefixes: { beta: -1 } },
    { health: { failuresMax: 0.5 } },
    { health: { ejectionMs: Number.POSITIVE_INFINITY } },
  ];
  for (const options of wrong) {
    let thrown: unknown;
    try {
      new Balancer({ backends: named(2), ...options });
    } catch (error) {
      thrown = error;
    }
    expect(MillraceError.is(thrown, "option_invalid")).toBe(true);
  }
});
