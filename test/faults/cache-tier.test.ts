// A second cache tier that is full, dead or frozen, and a clock that steps back: callers get their answers as ever, and
// what was kept before is given out again where it is still there.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/index.ts";
import { type RedisServer, startRedis } from "../kit/engines.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { scriptedServer } from "../kit/scripted-server.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-tier-"));
const upstream = scriptedServer();
const redis = await startRedis();
afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every answer is worth keeping. */
const PERSIST = { enabled: true, hitsMin: 0, tokensMin: 0 };
const start = (config: object, dataDir: string, clock?: Clock) =>
  startMillrace({
    config: { upstreams: upstreamsAt(upstream.url), cache: { persist: PERSIST }, ...config },
    dataDir,
    ...(clock ? { clock } : {}),
  });

async function ask(millrace: Millrace, content: string): Promise<string | null> {
  const body = JSON.stringify({ model: "m", max_tokens: 4000, temperature: 0, messages: [{ role: "user", content }] });
  const init = { method: "POST", body, headers: { "content-type": "application/json" } };
  const answer = await fetch(`${millrace.url}/v1/messages`, init);
  const text = await answer.text();
  expect([answer.status, text.includes("end_turn") || text.includes("max_tokens")]).toEqual([200, true]);
  return answer.headers.get("x-millrace-cache");
}

const quiet = (millrace: Millrace) => expect(millrace.lines().filter(({ event }) => event === "internal-error")).toEqual([]);
const dataDir = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};

describe("SQLite", () => {
  test("answers outlive a restart", async () => {
    const path = dataDir("restart");
    const before = await start({}, path);
    expect([await ask(before, "kept"), await ask(before, "kept")]).toEqual(["miss", "hit"]);
    await before.stop();
    const after = await start({}, path);
    expect(await ask(after, "kept")).toBe("hit");
    expect(await ask(after, "never asked")).toBe("miss");
    await after.stop();
  });

  test("a file that is no database: it starts without, or says so at once", async () => {
    const path = dataDir("spoiled");
    writeFileSync(join(path, "answers.db"), "this is no database ".repeat(1000));
    const outcome = await start({}, path).then(
      async (millrace) => {
        const found = await ask(millrace, "no tier");
        await millrace.stop();
        return found;
      },
      (error: { code?: unknown }) => error.code,
    );
    expect(["miss", "store_corrupt", "store_unavailable"]).toContain(outcome as string);
  });

  const disk = dataDir("small-disk");
  const mounted = process.getuid?.() === 0 && run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
  afterAll(() => {
    if (mounted) run("umount", disk);
  });
  const name = "on a full disk every call is answered, and from memory again";
  if (!mounted) test.skip(`skipped: ${name} (mounting a small disk needs root)`, () => {});
  else
    test(name, async () => {
      const millrace = await start({}, disk);
      for (let question = 0; question < 60; question++) {
        const content = `[[words 3000]] ${question}`;
        expect([question, await ask(millrace, content)]).toEqual([question, "miss"]);
        expect([question, await ask(millrace, content)]).toEqual([question, "hit"]);
      }
      const filled = Bun.spawnSync(["dd", "if=/dev/zero", `of=${join(disk, "filler")}`, "bs=4k"], {
        stderr: "ignore",
        stdout: "ignore",
      });
      expect([filled.success, existsSync(join(disk, "filler"))]).toEqual([false, true]); // dd stops when no room is left.
      expect([await ask(millrace, "after"), await ask(millrace, "after")]).toEqual(["miss", "hit"]);
      expect(await ask(millrace, "[[words 3000]] 59")).toBe("hit");
      quiet(millrace);
      await millrace.stop();
    });
});

function redisFaults(engine: RedisServer): void {
  test("servers that share it share answers", async () => {
    const [one, two] = [
      await start({ redisUrl: engine.url }, dataDir("one")),
      await start({ redisUrl: engine.url }, dataDir("two")),
    ];
    expect(await ask(one, "shared by servers")).toBe("miss");
    await one.stop(); // Writes what waits.
    expect(await ask(two, "shared by servers")).toBe("hit");
    await two.stop();
  });

  test("killed in use: every call is answered, and it is used again once it is back", async () => {
    const millrace = await start({ redisUrl: engine.url }, dataDir("killed"));
    expect(await ask(millrace, "before the kill")).toBe("miss");
    await engine.kill();
    for (let question = 0; question < 20; question++) {
      expect([await ask(millrace, `while dead ${question}`), await ask(millrace, `while dead ${question}`)]).toEqual([
        "miss",
        "hit",
      ]);
    }
    expect(await ask(millrace, "before the kill")).toBe("hit");
    await engine.restart();
    expect(await ask(millrace, "after the restart")).toBe("miss");
    quiet(millrace);
    await millrace.stop();
  });

  test("dead from the start: it starts, and answers", async () => {
    await engine.kill();
    const millrace = await start({ redisUrl: engine.url }, dataDir("dead"));
    expect([await ask(millrace, "no redis"), await ask(millrace, "no redis")]).toEqual(["miss", "hit"]);
    quiet(millrace);
    await millrace.stop();
    await engine.restart();
  });

  test("frozen: its time limit is paid a few times, not by every call", async () => {
    const timeoutMs = 2000;
    const config = { redisUrl: engine.url, cache: { persist: { ...PERSIST, timeoutMs } } };
    const millrace = await start(config, dataDir("frozen"));
    expect(await ask(millrace, "before the frost")).toBe("miss");
    engine.freeze();
    const startedAt = systemClock.monotonic();
    const questions = 30;
    for (let question = 0; question < questions; question++) expect(await ask(millrace, `in the frost ${question}`)).toBe("miss");
    expect(systemClock.monotonic() - startedAt).toBeLessThan((questions * timeoutMs) / 4);
    expect(await ask(millrace, "in the frost 1")).toBe("hit");
    engine.thaw();
    quiet(millrace);
    await millrace.stop();
  });
}
if (redis.kind === "ready") describe("Redis", () => redisFaults(redis.engine));
else test.skip(`skipped: a Redis tier that breaks in use (${redis.reason})`, () => {});

describe("a wall clock that steps", () => {
  /** The system's clock with a wall time that can be set. */
  function steppingClock(): Clock & { step(ms: number): void } {
    let offset = 0;
    return {
      ...systemClock,
      now: () => systemClock.now() + offset,
      step(ms) {
        offset += ms;
      },
    };
  }
  const HOUR = 3_600_000;

  test("back: answers are still given out, their age is never negative, and they do not live longer for it", async () => {
    const clock = steppingClock();
    const millrace = await start({ cache: { ttlSeconds: 3600, persist: { enabled: false } } }, dataDir("back"), clock);
    expect(await ask(millrace, "before the step")).toBe("miss");
    clock.step(-5 * HOUR);
    const body = JSON.stringify({
      model: "m",
      max_tokens: 4000,
      temperature: 0,
      messages: [{ role: "user", content: "before the step" }],
    });
    const hit = await fetch(`${millrace.url}/v1/messages`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect([hit.status, hit.headers.get("x-millrace-cache"), Number(hit.headers.get("age")) >= 0]).toEqual([200, "hit", true]);
    expect([await ask(millrace, "after the step"), await ask(millrace, "after the step")]).toEqual(["miss", "hit"]);
    const calls = millrace.lines().filter(({ event }) => event === "call");
    for (const { totalMs, firstByteMs } of calls) expect([Number(totalMs) >= 0, Number(firstByteMs) >= 0]).toEqual([true, true]);
    await millrace.stop();
  });

  test("back and forth under a second tier: calls are answered", async () => {
    const clock = steppingClock();
    const millrace = await start({}, dataDir("forth"), clock);
    for (const step of [0, -24 * HOUR, 48 * HOUR, -HOUR, 24 * 365 * HOUR, -24 * 365 * HOUR]) {
      clock.step(step);
      const content = `after a step of ${step}`;
      expect([await ask(millrace, content), await ask(millrace, content)]).toEqual(["miss", "hit"]);
    }
    quiet(millrace);
    await millrace.stop();
  });

  test("back: tokens that were valid stay valid, expired ones stay expired or become valid again by the clock", async () => {
    const clock = steppingClock();
    const millrace = await start({ auth: { required: true, tokenCacheSeconds: 5 } }, dataDir("tokens"), clock);
    const { token } = await millrace.token({ user: "a", team: "b" }, clock);
    const models = async () => (await fetch(`${millrace.url}/v1/models`, { headers: { "x-api-key": token } })).status;
    expect(await models()).toBe(200);
    clock.step(-HOUR);
    expect(await models()).toBe(200);
    clock.step(2 * HOUR);
    expect(await models()).toBe(200);
    await millrace.stop();
  });
});

function run(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).success;
}
