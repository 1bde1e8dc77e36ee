// Stores whose engine breaks in use: a killed or frozen Redis, a killed writer, a full and a read-only disk. In each case
// callers get `store_unavailable` within a bound, nothing acknowledged is lost, and work goes on once the engine is back.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, text, utf8, VirtualClock } from "../../src/base/index.ts";
import { RedisKeyValue, type RedisKeyValueOptions } from "../../src/stores/redis/index.ts";
import { SqliteKeyValue } from "../../src/stores/sqlite/index.ts";
import { type RedisServer, startRedis } from "../kit/engines.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-faults-"));
const unavailable = expect.objectContaining({ code: "store_unavailable" });
const redis = await startRedis();

afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The store waits on virtual time only: a bound that is needed but missing shows as a test that never ends. */
function redisStore(server: RedisServer, options: Partial<RedisKeyValueOptions> = {}) {
  const clock = new VirtualClock();
  const store = new RedisKeyValue({ url: server.url, namespace: "one", clock, reconnectWaitMs: 100, ...options });
  return { clock, store };
}

function redisFaults(server: RedisServer): void {
  test("killed during use: every call ends, calls are refused at once, and it works again after a restart", async () => {
    const { clock, store } = redisStore(server);
    await store.set("key", utf8("value"));
    server.freeze(); // So that calls are certainly under way when it dies.
    const underWay = Array.from({ length: 200 }, (_, index) => store.set(`key ${index}`, new Uint8Array(1000)));
    const outcomes = Promise.allSettled(underWay);
    await server.kill();
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: "rejected", reason: unavailable });
    for (let attempt = 0; attempt < 20; attempt++) await expect(store.get("key")).rejects.toEqual(unavailable);
    await server.restart();
    await expect(store.get("key")).rejects.toEqual(unavailable); // It is not tried again before its wait is over.
    await clock.advance(100);
    expect(await store.get("key")).toBeUndefined();
    await store.set("key", utf8("again"));
    expect(await store.get("key")).toEqual(utf8("again"));
    await store.close();
  });

  test("frozen: a call is refused after its limit, the calls behind it too, and it works again once thawed", async () => {
    const { clock, store } = redisStore(server, { commandTimeoutMs: 500 });
    await store.set("key", utf8("value"));
    expect(clock.pendingCount).toBe(0); // An answered command leaves no limit behind.
    server.freeze();
    const first = store.get("key");
    first.catch(() => {}); // Looked at below; until then its rejection is nobody's.
    await clock.advance(300);
    const outcomes = Promise.allSettled([first, store.set("other", utf8("x")), Array.fromAsync(store.scan(""))]);
    await clock.advance(200);
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: "rejected", reason: unavailable });
    server.thaw();
    expect(await store.get("key")).toEqual(utf8("value"));
    await store.close();
  });

  test("frozen before the first call: connecting is limited too", async () => {
    const { clock, store } = redisStore(server, { connectTimeoutMs: 300 });
    server.freeze();
    const outcome = Promise.allSettled([store.get("key")]);
    await clock.advance(300);
    expect(await outcome).toEqual([{ status: "rejected", reason: unavailable }]);
    server.thaw();
    await clock.advance(100);
    await store.set("key", utf8("value"));
    expect(await store.get("key")).toEqual(utf8("value"));
    await store.close();
  });

  test("what waits for answers is bounded, and closing ends it", async () => {
    const { store } = redisStore(server, { pendingBytesMax: 3000 });
    for (let index = 0; index < 10; index++) await store.set("key", new Uint8Array(1000));
    server.freeze();
    const waiting = Promise.allSettled([store.set("a", new Uint8Array(1000)), store.set("b", new Uint8Array(1000))]);
    await expect(store.set("c", new Uint8Array(1000))).rejects.toEqual(unavailable);
    await store.close();
    for (const outcome of await waiting) expect(outcome).toEqual({ status: "rejected", reason: unavailable });
    server.thaw();
  });

  test("a server that refuses a write for lack of memory is unavailable for writes, and reads go on", async () => {
    const { store } = redisStore(server);
    await store.set("key", utf8("value"));
    const admin = new Bun.RedisClient(server.url);
    await admin.send("CONFIG", ["SET", "maxmemory", "1"]);
    await expect(store.set("key", utf8("more"))).rejects.toEqual(unavailable);
    expect(await store.get("key")).toEqual(utf8("value"));
    await admin.send("CONFIG", ["SET", "maxmemory", "0"]);
    await admin.send("LPUSH", ["one:list", "x"]);
    await expect(store.get("list")).rejects.toEqual(expect.objectContaining({ code: "store_corrupt" }));
    admin.close();
    await store.close();
  });

  test("unusable options are refused, and the address is in no message", () => {
    for (const options of [
      { url: "http://user:hidden@host" },
      { url: "hidden" },
      { commandTimeoutMs: 0 },
      { namespace: "a:b" },
    ]) {
      let message = "";
      try {
        redisStore(server, options);
      } catch (error) {
        expect(error).toEqual(expect.objectContaining({ code: "option_invalid" }));
        message = String(error);
      }
      expect(message).not.toBe("");
      expect(message).not.toContain("hidden");
    }
  });
}

if (redis.kind === "ready") describe("Redis", () => redisFaults(redis.engine));
else test.skip(`skipped: Redis that breaks in use (${redis.reason})`, () => {});

describe("SQLite", () => {
  const writerPath = join(import.meta.dir, "..", "kit", "sqlite-writer.ts");
  const spawnWriter = (path: string, namespace: string) =>
    Bun.spawn([process.execPath, writerPath, path, namespace], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });

  test("two writers killed at work: everything they were told is kept, and the file opens at once", async () => {
    const path = join(folder, "killed.sqlite");
    const namespaces = ["left", "right"];
    const acknowledged = await Promise.all(
      namespaces.map(async (namespace) => {
        const writer = spawnWriter(path, namespace);
        const decoder = new TextDecoder();
        let output = "";
        for await (const chunk of writer.stdout) {
          output += decoder.decode(chunk, { stream: true });
          if (output.includes("\n100\n")) writer.kill("SIGKILL");
        }
        return output.split("\n").slice(0, -1); // Without a last line that the kill may have cut.
      }),
    );
    for (const [index, namespace] of namespaces.entries()) {
      const store = new SqliteKeyValue({ path, namespace, clock: systemClock, bytesMax: 256 * 1024 * 1024 });
      const numbers = acknowledged[index] ?? [];
      expect(numbers.length).toBeGreaterThan(100);
      for (const number of numbers) expect(text((await store.get(`key ${number}`)) ?? utf8("lost"))).toStartWith(`${number} x`);
      await store.close();
    }
  });

  const mountPoint = join(folder, "small-disk");
  mkdirSync(mountPoint);
  const mount = () => run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mountPoint);
  const canMount = process.getuid?.() === 0 && mount() && run("umount", mountPoint);

  const onDisk = (name: string, work: () => Promise<void>) => {
    if (!canMount) return test.skip(`skipped: ${name} (mounting a small disk needs root)`, () => {});
    return test(name, async () => {
      expect(mount()).toBe(true);
      try {
        await work();
      } finally {
        run("umount", "--lazy", mountPoint);
      }
    });
  };
  const openOnDisk = () =>
    new SqliteKeyValue({ path: join(mountPoint, "store.sqlite"), namespace: "one", clock: systemClock, bytesMax: 100_000_000 });

  onDisk("on a full disk writes are refused, what was acknowledged is read, and room makes it work again", async () => {
    const store = openOnDisk();
    const filler = join(mountPoint, "filler");
    await Bun.write(filler, new Uint8Array(500_000));
    const kept: string[] = [];
    let refusal: unknown;
    while (refusal === undefined && kept.length < 1000) {
      const key = `key ${kept.length}`;
      await store.set(key, new Uint8Array(10_000).fill(kept.length)).then(
        () => kept.push(key),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toEqual(unavailable);
    expect(kept.length).toBeGreaterThan(10);
    for (const [index, key] of kept.entries()) expect(await store.get(key)).toEqual(new Uint8Array(10_000).fill(index));
    await expect(store.set(kept[0] ?? "", new Uint8Array(100_000))).rejects.toEqual(unavailable);
    expect(await store.get(kept[0] ?? "")).toEqual(new Uint8Array(10_000).fill(0));
    rmSync(filler);
    await store.set("after", utf8("value"));
    expect(await store.get("after")).toEqual(utf8("value"));
    await store.close();
  });

  onDisk("on a read-only disk it does not open, and says so", () => {
    expect(run("mount", "-o", "remount,ro", mountPoint)).toBe(true);
    let thrown: unknown;
    try {
      openOnDisk();
    } catch (error) {
      thrown = error;
    }
    expect(run("mount", "-o", "remount,rw", mountPoint)).toBe(true);
    expect(thrown).toEqual(unavailable);
    return Promise.resolve();
  });
});

function run(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).success;
}
