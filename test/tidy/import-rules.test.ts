// Each wall, with a made-up tree that breaks it and one that does not.

import { describe, expect, test } from "bun:test";
import * as rules from "./import-rules.ts";
import { roomOf } from "./import-table.ts";
import type { Rule } from "./rule.ts";
import { readSource } from "./scan.ts";

type Tree = Record<string, string>;

const run = (rule: Rule, tree: Tree) => rule(Object.entries(tree).map(([path, source]) => readSource(path, source)));

function holds(name: string, rule: Rule, cases: { good: Tree; bad: Tree[] }): void {
  test(`${name}: a good tree passes`, () => {
    expect(run(rule, cases.good)).toEqual([]);
  });
  for (const tree of cases.bad) {
    test(`${name}: refuses ${Object.entries(tree).flat().join(" | ")}`, () => {
      const messages = run(rule, tree);
      expect(messages.length).toBeGreaterThan(0);
      expect(messages[0]).toStartWith(Object.keys(tree)[0] as string);
    });
  }
}

test.each([
  ["src/base/clock.ts", "base"],
  ["src/mechanisms/cache/parts/weigh.ts", "mechanisms/cache"],
  ["src/stores/redis/index.ts", "stores/redis"],
  ["src/ports/key-value.ts", "ports"],
  ["src/ports/conformance/key-value.ts", "ports/conformance"],
  ["src/gateway/steps/call.ts", "gateway"],
  ["src/main.ts", undefined],
  ["src/mechanisms/loose.ts", undefined],
  ["test/run.ts", undefined],
])("the room of %s is %p", (path, room) => {
  expect(roomOf(path)).toBe(room as string);
});

describe("walls", () => {
  holds("rooms are listed", rules.roomsAreListed, {
    good: { "src/mechanisms/pool/pool.ts": "", "src/regions/pull.ts": "", "test/run.ts": "" },
    bad: [{ "src/main.ts": "" }, { "src/tools/x.ts": "" }, { "src/mechanisms/x.ts": "" }],
  });
  holds("imports follow the table", rules.importsFollowTheTable, {
    good: {
      "src/mechanisms/queue/queue.ts": 'import type { Clock } from "../../base/index.ts"; import { a } from "./a.ts";',
      "src/gateway/steps/recall.ts": 'import { Cache } from "../../mechanisms/cache/index.ts";',
      "src/server/compose.ts": 'import { a } from "../stores/redis/index.ts"; import { b } from "../gateway/index.ts";',
      "src/stores/redis/key-value.test.ts":
        'import { a } from "../../ports/conformance/index.ts"; import { b } from "../../../test/kit/engines.ts";',
    },
    bad: [
      { "src/base/clock.ts": 'import { a } from "../ports/index.ts";' },
      { "src/mechanisms/queue/queue.ts": 'import type { Cache } from "../cache/index.ts";' },
      { "src/mechanisms/queue/queue.test.ts": 'import { Cache } from "../cache/index.ts";' },
      { "src/gateway/pipeline.ts": 'import { a } from "../stores/sqlite/index.ts";' },
      { "src/gateway/pipeline.ts": 'export { a } from "../threads/index.ts";' },
      { "src/server/compose.ts": 'const a = await import("../cli/index.ts");' },
      { "src/cli/serve.ts": 'import { a } from "../gateway/index.ts";' },
      { "src/edge/worker.ts": 'import { a } from "../stores/memory/index.ts";' },
      { "src/base/clock.ts": 'import { a } from "../../test/kit/a.ts";' },
      { "src/stores/redis/key-value.ts": 'import { a } from "../../ports/conformance/index.ts";' },
    ],
  });
  holds("doors only", rules.doorsOnly, {
    good: {
      "src/gateway/pipeline.ts": 'import { a } from "../base/index.ts"; import { b } from "./steps/call.ts";',
      "test/system/a.test.ts": 'import { a } from "../../src/server/index.ts"; import { b } from "../kit/b.ts";',
    },
    bad: [
      { "src/gateway/pipeline.ts": 'import type { Clock } from "../base/clock.ts";' },
      { "test/system/a.test.ts": 'import { a } from "../../src/server/compose.ts";' },
      { "bench/cache.ts": 'import { a } from "../src/mechanisms/cache/evict.ts";' },
    ],
  });
  holds("imports name files", rules.importsNameFiles, {
    good: { "src/base/a.ts": 'import "./b.ts"; import "node:fs"; import "zod";' },
    bad: [
      { "src/base/a.ts": 'import "./b";' },
      { "src/base/a.ts": 'import "../base";' },
      { "a.ts": 'import "../elsewhere/b.ts";' },
    ],
  });
  holds("platform only on Bun", rules.platformOnlyOnBun, {
    good: {
      "src/gateway/a.ts": 'import "node:fs"; import "bun:sqlite";',
      "src/base/a.test.ts": 'import { test } from "bun:test";',
      "src/base/a.ts": 'import "zod";',
    },
    bad: [
      { "src/base/a.ts": 'import "node:fs";' },
      { "src/wire/a.ts": 'import type { Stats } from "fs";' },
      { "src/mechanisms/cache/a.ts": 'import "bun";' },
      { "src/edge/a.ts": 'import "node:buffer";' },
      { "src/dashboard/a.tsx": 'import "bun:sqlite";' },
    ],
  });
  holds("packages are dependencies", rules.packagesAreDependencies(["zod", "@scope/known"]), {
    good: {
      "src/gateway/a.ts": 'import "zod"; import "zod/mini"; import "@scope/known/part"; import "node:fs"; import "bun";',
      "src/base/a.test.ts": 'import "fast-check";',
      "test/a.ts": 'import "openai";',
    },
    bad: [
      { "src/base/a.ts": 'import "zod";' },
      { "src/mechanisms/cache/a.ts": 'import "zod";' },
      { "src/server/a.ts": 'import "fast-check";' },
      { "src/server/a.ts": 'import "@scope/other";' },
    ],
  });
  holds("no cycles", rules.noCycles, {
    good: {
      "src/base/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/base/b.ts": 'import "./c.ts";',
      "src/base/c.ts": 'import "zod";',
    },
    bad: [
      { "src/base/a.ts": 'import "./a.ts";' },
      { "src/base/a.ts": 'import "./b.ts";', "src/base/b.ts": 'import type { A } from "./a.ts";' },
      {
        "src/base/a.ts": 'import "./b.ts";',
        "src/base/b.ts": 'import "./c.ts";',
        "src/base/c.ts": 'export { a } from "./a.ts";',
      },
    ],
  });
});

test("two circles through one file are both found", () => {
  const tree = {
    "src/base/a.ts": 'import "./b.ts"; import "./c.ts";',
    "src/base/b.ts": 'import "./a.ts";',
    "src/base/c.ts": 'import "./a.ts";',
  };
  expect(run(rules.noCycles, tree)).toHaveLength(2);
});
