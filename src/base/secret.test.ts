import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { MillraceError } from "./error.ts";
import { Secret } from "./secret.ts";

const TEXT = "sk-very-secret";
const secret = new Secret(TEXT);
const nested = { headers: { key: secret }, list: [secret], map: new Map([["key", secret]]) };

test("reveal gives the text", () => {
  expect(secret.reveal()).toBe(TEXT);
});

test.each<[string, () => string]>([
  ["String()", () => String(secret)],
  ["a template", () => `${secret}`],
  ["concatenation", () => `key ${secret}`.concat(secret as unknown as string)],
  ["an array's join", () => [secret].join()],
  ["JSON", () => JSON.stringify({ secret, nested })],
  ["node's inspect", () => inspect(secret)],
  ["node's inspect, deep and hidden", () => inspect(nested, { depth: 10, showHidden: true })],
  ["node's inspect without custom printing", () => inspect(secret, { customInspect: false, showHidden: true })],
  ["Bun's inspect", () => Bun.inspect(nested, { depth: 10 })],
  ["an error's message", () => new Error(`refused ${secret}`).message],
  ["an error's cause", () => inspect(new MillraceError("credential_invalid", "refused", { cause: nested }), { depth: 10 })],
  ["its keys", () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret).map(String)])],
  ["its copy", () => JSON.stringify({ ...secret })],
])("%s does not print it", (_, print) => {
  expect(print()).not.toContain(TEXT);
});

test("the console does not print it", () => {
  const script = `import { Secret } from ${JSON.stringify(new URL("secret.ts", import.meta.url).href)};
    const secret = new Secret(${JSON.stringify([...TEXT])}.join(""));
    console.log(secret, { secret }, "%s %o %j", secret, secret);
    console.error(new Error("x", { cause: secret }));
    console.table([{ secret }]);`;
  const run = Bun.spawnSync([process.execPath, "-e", script]);
  const printed = run.stdout.toString() + run.stderr.toString();
  expect(printed).toContain("[secret]");
  expect(printed).not.toContain(TEXT);
});

test("it does not survive structured cloning", () => {
  const copy: unknown = (() => {
    try {
      return structuredClone({ secret });
    } catch (error) {
      return error;
    }
  })();
  expect(inspect(copy, { depth: 10, showHidden: true })).not.toContain(TEXT);
});
