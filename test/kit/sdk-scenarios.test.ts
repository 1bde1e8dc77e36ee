// The scripted model must satisfy the real SDKs before anything stands between them.

import { afterAll, expect, test } from "bun:test";
import { scriptedServer } from "./scripted-server.ts";
import { sdkScenarios } from "./sdk-scenarios.ts";

const server = scriptedServer();
afterAll(() => server.close());

for (const { name, run } of sdkScenarios) test(name, () => run({ url: server.url, key: "test-key" }));

test("no answer stays open after its scenario", async () => {
  await Promise.all(server.requests.map((request) => request.ended));
  expect(server.counts.open).toBe(0);
});
