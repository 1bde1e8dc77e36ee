// The page on several servers says what the front door does: its refusals with their status, its metrics, its flags.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { frontLimits, startFront } from "../src/front/index.ts";

const ROOT = join(import.meta.dir, "..");
const page = await Bun.file(join(ROOT, "docs", "guide", "several-servers.md")).text();
const sources = await Promise.all(
  [...new Bun.Glob("src/front/*.ts").scanSync({ cwd: ROOT })]
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => Bun.file(join(ROOT, path)).text()),
);

test("refusals are those of the source", () => {
  const inCode = sources.flatMap((source) =>
    [...source.matchAll(/\brefusal\(\s*(\d{3}),\s*"(\w+)"/g)].map(([, status, code]) => `${code} ${status}`),
  );
  const onPage = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (\d{3}) \|/gm)].flatMap(([, codes = "", status]) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${code} ${status}`),
  );
  expect(onPage.length).toBeGreaterThan(10);
  expect([...new Set(onPage)].sort()).toEqual([...new Set(inCode)].sort());
});

test("metrics are those that it registers: name, type, meaning", async () => {
  const door = startFront({ host: "127.0.0.1", port: 0, adminPort: 0, servers: [] });
  const text = await (await fetch(`${door.adminUrl}/metrics`)).text();
  await door.stop();
  const registered = [...text.matchAll(/^# HELP (millrace_front_\w+) (.+)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name, help, type]) => `${name} ${type} ${help}`,
  );
  const onPage = [...page.matchAll(/^\| `(millrace_front_\w+)` \| (\w+) \| .*\| (.+) \|$/gm)].map(
    ([, name, type, help]) => `${name} ${type} ${help}`,
  );
  expect(onPage.length).toBeGreaterThan(5);
  expect(onPage).toEqual(registered);
});

test("flags and limits on the page exist", async () => {
  const command = await Bun.file(join(ROOT, "src", "cli", "commands", "front.ts")).text();
  const flags = [...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag).filter((flag) => flag !== "help");
  expect(flags.length).toBeGreaterThan(3);
  expect(flags.filter((flag) => !new RegExp(`^    "?${flag}"?: \\{`, "m").test(command))).toEqual([]);
  expect(page).toContain(
    `${frontLimits.headMs / 1000} s for a head, ${frontLimits.bodyMs / 1000} s between two pieces of a body`,
  );
  expect(page).toContain(`over ${frontLimits.headBytesMax / 1024} KiB`);
  expect(page).toContain(`within ${frontLimits.answerMs / 60_000} minutes`);
});
