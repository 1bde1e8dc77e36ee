// Each rule about code, with lines that break it and lines that only look as if they did.

import { describe, expect, test } from "bun:test";
import * as rules from "./code-rules.ts";
import type { Rule } from "./rule.ts";
import { readSource } from "./scan.ts";

const NEUTRAL = "src/mechanisms/cache/a.ts";
const PRODUCT = "src/gateway/a.ts";
const SHELL = "src/server/a.ts";

function holds(
  name: string,
  rule: Rule,
  cases: { good: [path: string, source: string][]; bad: [path: string, source: string][] },
): void {
  describe(name, () => {
    test.each(cases.good)("lets pass %s: %s", (path, source) => {
      expect(rule([readSource(path, source)])).toEqual([]);
    });
    test.each(cases.bad)("refuses %s: %s", (path, source) => {
      const messages = rule([readSource(path, source)]);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toStartWith(`${path}:1: `);
    });
  });
}

holds("environment", rules.environmentOnlyInConfig, {
  good: [
    ["src/server/config.ts", "const a = process.env.A;"],
    ["src/gateway/a.test.ts", "process.env.A = '1';"],
    ["test/run.ts", "process.env.A;"],
    [PRODUCT, "const a = options.env; // process.env"],
  ],
  bad: [
    [PRODUCT, "const a = process.env.A;"],
    [SHELL, "const a = Bun.env.A;"],
    [SHELL, 'const a = process["env"];'],
    [SHELL, "const { env } = process;"],
    ["src/dashboard/a.tsx", "const a = import.meta.env.A;"],
    ["src/server/config-source.ts", "const a = `x $X`;".replace("$X", "$" + "{process.env.A}")],
  ],
});

holds("console", rules.consoleOnlyInShells, {
  good: [
    [SHELL, 'console.log("a");'],
    ["src/cli/a.ts", "process.stdout.write(a);"],
    [PRODUCT, 'const a = "console.log"; // console.log'],
    ["src/base/a.test.ts", "console.log(a);"],
  ],
  bad: [
    [PRODUCT, "console.error(a);"],
    [NEUTRAL, "console\n.log(a);"],
    [PRODUCT, "process.stderr.write(a);"],
  ],
});

holds("time and chance", rules.timeAndChanceAreArguments, {
  good: [
    ["src/base/clock.ts", "Date.now(); setTimeout(f, 1); Math.random();"],
    [SHELL, "setInterval(f, 1); crypto.randomUUID();"],
    [PRODUCT, "clock.now(); new Date(ms); const setTimeoutMs = 1;"],
    ["src/gateway/a.test.ts", "Date.now();"],
  ],
  bad: [
    [PRODUCT, "Date.now();"],
    [NEUTRAL, "new Date();"],
    [NEUTRAL, "performance.now();"],
    ["src/stores/redis/a.ts", "setTimeout(f, 1);"],
    [NEUTRAL, "Math.random();"],
    [PRODUCT, "crypto.randomUUID();"],
    [PRODUCT, "Bun.randomUUIDv7();"],
    [PRODUCT, "AbortSignal.timeout(5);"],
    [PRODUCT, "await Bun.sleep(5);"],
  ],
});

holds("platform globals", rules.noPlatformGlobals, {
  good: [
    [PRODUCT, "Bun.serve({}); Buffer.from(a); process.pid;"],
    [NEUTRAL, "new ArrayBuffer(1); a.process; const b = { process: 1 };"],
    ["src/base/a.test.ts", "Bun.inspect(a);"],
  ],
  bad: [
    [NEUTRAL, "Bun.hash(a);"],
    ["src/edge/a.ts", "Buffer.from(a);"],
    ["src/wire/a.ts", "process.exit(1);"],
    ["src/dashboard/a.tsx", "f(__dirname);"],
  ],
});

holds("default exports", rules.noDefaultExports, {
  good: [
    ["src/edge/worker.ts", "export default { fetch };"],
    [PRODUCT, "export { a }; const b = { default: 1 };"],
  ],
  bad: [
    [PRODUCT, "export default 1;"],
    ["test/a.ts", "export { a as default };"],
  ],
});

holds("star exports", rules.noStarExports, {
  good: [[PRODUCT, 'import * as a from "./a.ts"; export { b } from "./b.ts";']],
  bad: [
    [PRODUCT, 'export * from "./a.ts";'],
    [PRODUCT, 'export * as a from "./a.ts";'],
    [PRODUCT, 'export type * from "./a.ts";'],
  ],
});

holds("unfinished", rules.nothingUnfinished, {
  good: [
    [PRODUCT, 'const a = "TODO"; // todos are listed'],
    ["test/tidy/a.ts", "// TODO"],
  ],
  bad: [
    [PRODUCT, "// TODO: later"],
    [PRODUCT, "/* FIXME */"],
    [PRODUCT, "// @ts-ignore"],
    [SHELL, "// biome-ignore lint: no"],
  ],
});

holds("any", rules.noAny, {
  good: [[PRODUCT, "Promise.any(a); const any = 1; const b: anything = 2; // as any"]],
  bad: [
    [PRODUCT, "const a = b as any;"],
    [PRODUCT, "function f(a: any) {}"],
    [PRODUCT, "const a = new Map<any, string>();"],
  ],
});

holds("honest tests", rules.testsAreHonest, {
  good: [
    ["src/base/a.test.ts", "await clock.sleep(5); test.skipIf(x)('skipped: a (why)', f); const only = { retry: 1 };"],
    [SHELL, "setTimeout(resolve, 1);"],
  ],
  bad: [
    ["src/base/a.test.ts", "test.only('a', f);"],
    ["test/a.test.ts", "describe.todo('a');"],
    ["test/a.test.ts", "test('a', f, { retry: 3 });"],
    ["test/a.test.ts", "await Bun.sleep(5);"],
    ["test/a.test.ts", "await new Promise((resolve) => setTimeout(resolve, 5));"],
  ],
});

holds("module state", rules.noModuleState, {
  good: [
    [NEUTRAL, "function f() { let a = 1; const b = new Map(); b.set(1, a); }"],
    [NEUTRAL, 'const NAMES = new Set(["a"]); const has = NAMES.has("a");'],
    [NEUTRAL, "const TABLE = { a: 1 }; const a = TABLE.a === 1;"],
    [NEUTRAL, "class A { #list = []; add() { this.#list.push(1); } }"],
    ["src/base/a.test.ts", "let a = 1;"],
  ],
  bad: [
    [NEUTRAL, "let a = 1;"],
    [NEUTRAL, "export var a = 1;"],
    [NEUTRAL, "const seen = new Map<string, number>(); export function f() { seen.set('a', 1); }"],
    [SHELL, "const list: string[] = []; export const f = () => list.push('a');"],
    [SHELL, "const table = {}; export const f = () => { table.a = 1; };"],
    [SHELL, "const table = {}; export const f = (key) => { table[key] += 1; };"],
  ],
});
