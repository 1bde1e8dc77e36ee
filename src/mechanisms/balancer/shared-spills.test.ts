import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { SharedSpills } from "./index.ts";
import { make } from "./testing.ts";

/** A store that several share, which answers at once, after a while, or with an error. */
class Store implements KeyValue {
  readonly #clock: VirtualClock;
  readonly values = new Map<string, Uint8Array>();
  state: "at once" | "soon" | "never" | "broken" = "soon";
  gets = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get(key: string) {
    this.gets++;
    if (this.state === "at once") return this.values.get(key);
    return this.#answer().then(() => this.values.get(key));
  }

  async set(key: string, value: Uint8Array) {
    await this.#answer();
    this.values.set(key, value);
  }

  async delete(key: string) {
    return this.values.delete(key);
  }

  async *scan() {}

  async close() {}

  async #answer(): Promise<void> {
    if (this.state === "broken") throw new Error("The store is gone.");
    if (this.state === "never") return new Promise(() => {});
    if (this.state === "soon") await this.#clock.sleep(1);
  }
}

function pair() {
  const clock = new VirtualClock(0, setImmediate);
  const store = new Store(clock);
  const [one, other] = [0, 1].map(() => make({ clock, spills: new SharedSpills({ store, clock }) })) as [
    ReturnType<typeof make>,
    ReturnType<typeof make>,
  ];
  return { clock, store, one, other };
}

/** The first balancer sends a session away from home, and says so. */
async function spill({ clock, one }: ReturnType<typeof pair>) {
  const key = one.sessionOf("a");
  one.fill("a");
  const choice = one.choose({ key });
  expect(choice.reason).toBe("spill");
  await clock.advance(10);
  return { key, away: choice.backend };
}

describe("a session away from home", () => {
  test("is found by another balancer that asks first, with a promise or without", async () => {
    const setting = pair();
    const { clock, store, other } = setting;
    const { key, away } = await spill(setting);
    const asked = other.balancer.lookUp(key);
    expect(asked).toBeInstanceOf(Promise);
    await clock.advance(1);
    await asked;
    expect(other.choose({ key })).toMatchObject({ backend: away, reason: "warm" });
    expect(store.gets).toBe(2);
    void other.balancer.lookUp("new");
    await clock.advance(1);
    other.choose({ key: "new" });
    expect(store.gets).toBe(3);
    expect(other.balancer.lookUp(key)).toBeUndefined();
    store.state = "at once";
    const third = make({ clock, spills: new SharedSpills({ store, clock }) });
    expect(third.balancer.lookUp(key)).toBeUndefined();
    expect(third.choose({ key }).backend).toBe(away);
  });

  test("is found by one that does not ask at its next request", async () => {
    const setting = pair();
    const { clock, other } = setting;
    const { key, away } = await spill(setting);
    expect(other.ask({ key })).toBe("a");
    await clock.advance(1);
    expect(other.ask({ key })).toBe(away);
  });

  test("is found at once, unasked, where the store is at hand", async () => {
    const setting = pair();
    const { store, other } = setting;
    const { key, away } = await spill(setting);
    store.state = "at once";
    expect(other.ask({ key })).toBe(away);
  });

  test("that another balancer moved on is followed", async () => {
    const setting = pair();
    const { clock, one, other } = setting;
    const { key, away } = await spill(setting);
    void other.balancer.lookUp(key);
    await clock.advance(1);
    const waitMs = (name: string) => (name === away ? 1e6 : 0);
    const moved = other.ask({ key, waitMs });
    expect(moved).not.toBe(away);
    await clock.advance(31_000);
    const nowhere = () => 0;
    expect(one.ask({ key, waitMs: nowhere })).toBe(away);
    await clock.advance(1);
    expect(one.ask({ key, waitMs: nowhere })).toBe(moved);
  });

  test("is said to be home again when it went there", async () => {
    const setting = pair();
    const { clock, one } = setting;
    const key = one.sessionOf("a");
    const empty = one.fill("a");
    one.choose({ key }).done({ kind: "ok" });
    empty();
    await clock.advance(300_001);
    expect(one.ask({ key })).toBe("a");
    await clock.advance(10);
    const third = make({ clock, spills: new SharedSpills({ store: setting.store, clock }) });
    void third.balancer.lookUp(key);
    await clock.advance(1);
    expect(third.ask({ key })).toBe("a");
  });

  test("leaves no name of it in the store", async () => {
    const setting = pair();
    await spill(setting);
    expect([...setting.store.values.keys()].every((key) => /^spill:[0-9a-f]{16}$/.test(key))).toBe(true);
    expect(setting.store.values.size).toBe(1);
  });

  test("and one that is at home is told to nobody", async () => {
    const { clock, store, one } = pair();
    for (let at = 0; at < 50; at++) one.ask({ key: `s${at}`, tokens: 0 });
    await clock.advance(10);
    expect(store.values.size).toBe(0);
  });

  test("on a backend that is unknown here is at home", async () => {
    const setting = pair();
    const { clock, other } = setting;
    const { key, away } = await spill(setting);
    other.balancer.setBackends(["a", "b", "c", "d"].filter((name) => name !== away).map((name) => ({ name })));
    void other.balancer.lookUp(key);
    await clock.advance(1);
    expect(other.ask({ key })).toBe("a");
  });
});

describe("a store that does not answer", () => {
  test("costs those who wait 50 ms once; then it is left alone, and asked behind the callers' backs", async () => {
    const { clock, store, one } = pair();
    store.state = "never";
    const startMs = clock.monotonic();
    const waits: number[] = [];
    const asked = ["x", "y", "z"].map((key) =>
      Promise.resolve(one.balancer.lookUp(key)).then(() => waits.push(clock.monotonic() - startMs)),
    );
    await clock.advance(50);
    await Promise.all(asked);
    expect(waits).toEqual([50, 50, 50]);
    expect(one.balancer.lookUp("later")).toBeUndefined();
    expect(store.gets).toBe(3);
    store.state = "soon";
    await clock.advance(5000);
    expect(one.balancer.lookUp("trial")).toBeUndefined();
    expect(store.gets).toBe(4);
    await clock.advance(10);
    expect(one.balancer.lookUp("again")).toBeInstanceOf(Promise);
  });

  test("or fails is never an error", async () => {
    const { clock, store, one } = pair();
    store.state = "broken";
    const asked = one.balancer.lookUp("x");
    await clock.advance(0);
    await asked;
    one.fill("a");
    expect(one.choose({ key: one.sessionOf("a") }).reason).toBe("spill");
    await clock.advance(10);
  });
});
